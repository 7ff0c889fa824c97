// SettingFlagsTests.swift — every setting is a flag by its own name.

import ArgumentParser
import Settings
import Testing

@testable import Console

@Suite struct SettingFlagsTests {
    @Test(arguments: [
        (["serve", "--delivery.port", "2525"], ["serve", "--set", "delivery.port=2525"]),
        (["--delivery.port=2525"], ["--set", "delivery.port=2525"]),
        (["--hostname", "mail.example"], ["--set", "hostname=mail.example"]),
        (["--root_key=a=b"], ["--set", "root_key=a=b"]),
        (["--root_key_file", "/run/key"], ["--set", "root_key_file=/run/key"]),
        (["--delivery.relay="], ["--set", "delivery.relay="]),
        (["--no.such", "1"], ["--set", "no.such=1"]),
        (["--log.level"], ["--set", "log.level"]),
        (["--config", "a.yaml", "--dev"], ["--config", "a.yaml", "--dev"]),
        (["--", "--delivery.port", "1"], ["--", "--delivery.port", "1"]),
        (["delivery.port=1", "-x.y"], ["delivery.port=1", "-x.y"]),
    ])
    func spellsOut(arguments: [String], spelledOut: [String]) {
        #expect(SettingFlags.spellOut(arguments) == spelledOut)
    }

    private func load(_ arguments: String...) throws -> Settings {
        try SettingFlags.parse(SettingFlags.spellOut(arguments)).load()
    }

    @Test func flagsArrive() throws {
        let settings = try load("--delivery.port", "2525", "--set", "http.listen=127.0.0.1:0")
        #expect(settings.delivery.port == 2525)
        #expect(settings.http.listen.port == 0)
    }

    @Test func theLastOfAFlagWins() throws {
        #expect(try load("--delivery.port", "1", "--delivery.port", "2").delivery.port == 2)
    }

    @Test func flagWithoutValueIsAUsageError() {
        #expect(throws: ValidationError.self) { try load("--log.level") }
    }

    @Test func misspeltFlagIsASettingsError() throws {
        let error = try #require(throws: SettingsError.self) { try load("--delivery.prot", "1") }
        #expect(error.description == "unknown setting --delivery.prot; did you mean --delivery.port?")
    }
}
