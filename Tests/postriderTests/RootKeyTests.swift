// RootKeyTests.swift — the key that the first start makes: shown once, kept as a digest.

import Console
import Crypto
import Foundation
import Testing

@testable import postrider

@Suite final class RootKeyTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private var file: String { directory + "/root_key.sha256" }

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func load(configured: String? = nil) throws -> (key: RootKey, shown: [String]) {
        var shown: [String] = []
        let key = try RootKey.load(configured: configured, directory: directory) { shown.append($0) }
        return (key, shown)
    }

    @Test func firstStartMakesAKeyAndShowsIt() throws {
        let (key, shown) = try load()
        let text = try #require(shown.first)
        #expect(shown.count == 1)
        #expect(RootKey(text) == key)
    }

    @Test func laterStartsKnowTheKeyAndShowNothing() throws {
        let first = try load().key
        let second = try load()
        #expect(second.key == first)
        #expect(second.shown.isEmpty)
    }

    @Test func onlyTheDigestIsKeptForTheOwnerAlone() throws {
        let (key, shown) = try load()
        #expect(try String(contentsOfFile: file, encoding: .utf8) == Hex.encode(key.digest) + "\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["root_key.sha256"])
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(shown.count == 1)
    }

    @Test func configuredKeyWinsAndNothingIsKept() throws {
        let (key, shown) = try load(configured: "mine")
        #expect(key == RootKey("mine"))
        #expect(shown.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func deletedFileMeansANewKey() throws {
        let first = try load().key
        try FileManager.default.removeItem(atPath: file)
        #expect(try load().key != first)
    }

    @Test(arguments: ["", "\n", "abc", String(repeating: "g", count: 64), String(repeating: "a", count: 62)])
    func brokenFileIsNotReplaced(content: String) throws {
        try content.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(throws: CommandFailure.self) { try self.load() }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == content)
    }

    @Test func keysAreLongAndAllDifferent() {
        let keys = (0..<100).map { _ in RootKey.generate() }
        #expect(Set(keys).count == 100)
        #expect(
            keys.allSatisfy { key in
                let letters = key.utf8.dropFirst("pr_root_".utf8.count)
                return key.hasPrefix("pr_root_") && letters.count == 32
                    && letters.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
            })
    }
}
