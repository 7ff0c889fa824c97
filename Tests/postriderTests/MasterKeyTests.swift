// MasterKeyTests.swift — the key that all secrets are sealed with: made once, known again, never replaced.

import Console
import Crypto
import Foundation
import Logging
import Queue
import Synchronization
import TestSupport
import Testing

@testable import postrider

@Suite final class MasterKeyTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private let store: QueueStore
    private var file: String { directory + "/master.key" }

    init() throws { store = try QueueStore.open(directory: directory, clock: ManualClock()) }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func open(configured: String? = nil, warnings: Warnings = Warnings()) async throws -> SecretBox {
        let log = Logger(label: "test") { _ in warnings }
        return try await MasterKey.open(configured: configured, directory: directory, store: store, log: log)
    }

    /// Keeps what is logged.
    private struct Warnings: LogHandler {
        private final class Lines: Sendable { let texts = Mutex<[String]>([]) }
        private let lines = Lines()
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        var texts: [String] { lines.texts.withLock { $0 } }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.texts.withLock { $0.append("\(event.message)") } }
    }

    private func refusal(configured: String? = nil) async throws -> String {
        let failure = await #expect(throws: CommandFailure.self) { try await self.open(configured: configured) }
        return try #require(failure).description
    }

    private static func key(_ byte: UInt8) -> String {
        Base64.encode([UInt8](repeating: byte, count: SecretBox.masterKeyByteCount))
    }

    @Test func theFirstStartMakesAKeyForTheOwnerAlone() async throws {
        _ = try await open()
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.hasSuffix("\n"))
        #expect(Base64.decode(String(text.dropLast()))?.count == 32)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try !FileManager.default.contentsOfDirectory(atPath: directory).contains("master.key.new"))
    }

    @Test(arguments: [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1)])
    func aKeyThatOthersMayReadIsWarnedOf(mode: Int, count: Int) async throws {
        _ = try await open()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let warnings = Warnings()
        _ = try await open(warnings: warnings)
        #expect(warnings.texts.count == count)
    }

    /// What a killed start left is not written into, for its mode stays.
    @Test func aDraftThatIsThereIsMadeAnew() async throws {
        let draft = file + ".new"
        #expect(
            FileManager.default.createFile(atPath: draft, contents: Data([1]), attributes: [.posixPermissions: 0o644]))
        _ = try await open()
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(!FileManager.default.fileExists(atPath: draft))
    }

    @Test func aDraftThatFailsIsNotLeftBehind() throws {
        let name = "kept"
        try FileManager.default.createDirectory(atPath: directory + "/\(name)/x", withIntermediateDirectories: true)
        let failure = #expect(throws: CommandFailure.self) { try KeptFile(name, in: directory).write("text") }
        #expect(failure?.description.hasPrefix("cannot rename \(directory)/kept.new: ") == true)
        #expect(!FileManager.default.fileExists(atPath: directory + "/kept.new"))
    }

    @Test func laterStartsOpenWhatTheFirstSealed() async throws {
        let sealed = try await open().seal([1, 2, 3], for: "x")
        #expect(try await open().open(sealed, for: "x") == [1, 2, 3])
    }

    @Test func aConfiguredKeyIsUsedAndNotKept() async throws {
        let sealed = try await open(configured: Self.key(1)).seal([1], for: "x")
        #expect(try await open(configured: Self.key(1)).open(sealed, for: "x") == [1])
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func aMissingKeyIsNotReplaced() async throws {
        _ = try await open()
        try FileManager.default.removeItem(atPath: file)
        #expect(
            try await refusal().hasPrefix("\(file) is missing, and secrets in \(directory) are sealed with its key"))
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func aWrongKeyIsRefused() async throws {
        _ = try await open()
        let wrong = "is not the key that the secrets in \(directory) are sealed with"
        #expect(try await refusal(configured: Self.key(1)) == "master_key \(wrong)")
        try Self.key(2).write(toFile: file, atomically: false, encoding: .utf8)
        #expect(try await refusal() == "\(file) \(wrong)")
    }

    @Test(arguments: ["", "AAAA", "not base64", key(1) + key(1)])
    func whatIsNoKeyIsRefusedAndLeftAlone(text: String) async throws {
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(try await refusal() == "\(file) is not the base64 of 32 bytes")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
        #expect(try await refusal(configured: text) == "master_key is not the base64 of 32 bytes")
    }

    /// A start that ended between the file and the store's proof.
    @Test func aKeyThatTheStoreHasNotSeenIsTaken() async throws {
        try Self.key(3).write(toFile: file, atomically: false, encoding: .utf8)
        let sealed = try await open().seal([1], for: "x")
        #expect(try await open(configured: Self.key(3)).open(sealed, for: "x") == [1])
    }
}
