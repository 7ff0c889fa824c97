// ServiceOptionsTests.swift — where a command asks and with which key.

import ArgumentParser
import Foundation
import Settings
import Testing

@testable import Console

@Suite struct ServiceOptionsTests {
    private func client(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> APIClient {
        try ServiceOptions.parse(SettingFlags.spellOut(arguments)).client(environment: environment)
    }

    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "postrider-key-\(UUID().uuidString)").path
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func withoutAnythingItIsThisMachines() throws {
        let client = try client()
        #expect(client.address.description == "http://127.0.0.1:8080" && client.key == nil)
    }

    @Test func theSettingsSayWhereItListensAndItsRootKey() throws {
        let environment = ["POSTRIDER_HTTP_LISTEN": "0.0.0.0:9000", "POSTRIDER_ROOT_KEY": "root-key-of-the-tests"]
        let client = try client([], environment)
        #expect(client.address.description == "http://127.0.0.1:9000" && client.key?.text == "root-key-of-the-tests")
        let other = try self.client(["--http.listen", "127.0.0.1:9001"], environment)
        #expect(other.address.description == "http://127.0.0.1:9001")
    }

    /// The key with every scope goes nowhere but to whom it belongs.
    @Test func theRootKeyStaysAtHome() throws {
        let environment = ["POSTRIDER_ROOT_KEY": "root-key-of-the-tests", "POSTRIDER_URL": "https://mail.example/"]
        let client = try client([], environment)
        #expect(client.address.description == "https://mail.example" && client.key == nil)
        #expect(try self.client(["--server", "http://10.0.0.1:8080"], environment).key == nil)
    }

    /// They are no settings, and `serve` does not stop for them.
    @Test func theVariablesOfCommandsAreNoSettings() throws {
        let own = ["POSTRIDER_URL": "http://a", "POSTRIDER_API_KEY": "k", "POSTRIDER_API_KEY_FILE": "/f"]
        _ = try SettingFlags.parse([]).load(environment: own)
        #expect(throws: SettingsError.self) { try SettingFlags.parse([]).load(environment: ["POSTRIDER_URLS": "x"]) }
    }

    @Test func aFlagWinsOverTheEnvironment() throws {
        let environment = ["POSTRIDER_URL": "http://a.example", "POSTRIDER_API_KEY": "of-the-environment"]
        #expect(try client(["--server", "http://b.example"], environment).address.description == "http://b.example")
        #expect(try client(["--key", "of-the-flag"], environment).key?.text == "of-the-flag")
        #expect(try client([], environment).key?.text == "of-the-environment")
        #expect(
            try client(["--http.listen", "127.0.0.1:1"], environment).address.description == "http://127.0.0.1:1")
        try withFile("of-the-file\n") { path in
            let byFlag = try client(["--key-file", path], environment)
            let byEnvironment = try client([], ["POSTRIDER_API_KEY_FILE": path])
            #expect(byFlag.key?.text == "of-the-file" && byEnvironment.key?.text == "of-the-file")
        }
    }

    @Test(arguments: [
        "", "mail.example", "ftp://mail.example", "http://", "http:///v1", "http://user@mail.example",
        "http://mail.example?x", "http://mail.example#x", "http://mail .example", "http://mail.example\r\nX: y",
    ])
    func whatIsNoAddressIsAUsageError(text: String) {
        #expect(throws: ValidationError.self) { try client([], ["POSTRIDER_URL": text]) }
        #expect(ServiceAddress(text) == nil)
    }

    @Test func aPathBeforeTheAPIStays() {
        #expect(ServiceAddress("HTTPS://mail.example/post/")?.description == "https://mail.example/post")
    }

    @Test(arguments: ["two words", "with\r\nX: y", "schlüssel", ""])
    func whatIsNoKeyIsAUsageErrorThatDoesNotShowIt(text: String) throws {
        let error = try #require(throws: ValidationError.self) { try client([], ["POSTRIDER_API_KEY": text]) }
        #expect(error.message == "POSTRIDER_API_KEY: this is not a key, which is one word of ASCII")
    }

    @Test(arguments: [
        ["--key", "a", "--key-file", "b"], ["--server", "http://a", "--http.listen", "127.0.0.1:1"], ["--server", "a"],
    ])
    func whatContradictsItselfIsAUsageError(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try client(arguments) }
        #expect(error.map(Console.exitStatus) == 2)
    }
}
