// SettingsSourcesTests.swift — flag over environment over file over default; nothing unknown anywhere.

import Foundation
import Testing

@testable import Settings

@Suite struct SettingsSourcesTests {
    /// Calls `body` with the path of a file that holds `text`.
    private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try text.write(to: url, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url.path)
    }

    private func load(
        flags: [String: String] = [:], environment: [String: String] = [:], yaml: String
    ) throws -> Settings {
        try withFile(yaml) { try Settings.load(flags: flags, environment: environment, file: $0) }
    }

    /// The error's line, with the file's path as `FILE`.
    private func complaint(
        flags: [String: String] = [:], environment: [String: String] = [:], yaml: String = ""
    ) throws -> String {
        try withFile(yaml) { path in
            let error = try #require(throws: SettingsError.self) {
                try Settings.load(flags: flags, environment: environment, file: path)
            }
            #expect(!error.description.utf8.contains(UInt8(ascii: "\n")))
            return error.description.replacing(path, with: "FILE")
        }
    }

    // MARK: Precedence

    @Test func nothingSetMeansDefaults() throws {
        #expect(try Settings.load(flags: [:], environment: ["PATH": "/bin"], file: nil) == Settings())
    }

    @Test func flagWinsOverEnvironmentWinsOverFile() throws {
        let yaml = "delivery:\n  port: 1\n  max_sessions: 1\n  messages_per_session: 1\n"
        let environment = ["POSTRIDER_DELIVERY_PORT": "2", "POSTRIDER_DELIVERY_MAX_SESSIONS": "2"]
        let delivery = try load(flags: ["delivery.port": "3"], environment: environment, yaml: yaml).delivery
        #expect((delivery.port, delivery.maxSessions, delivery.messagesPerSession) == (3, 2, 1))
    }

    @Test(arguments: Setting.all.map(\.name))
    func environmentNamesAreMechanical(name: String) throws {
        let variable = "POSTRIDER_" + name.uppercased().replacing(".", with: "_")
        let line = try complaint(environment: [variable: "\0"])
        #expect(line.hasPrefix("\(variable): "))
    }

    // MARK: The file

    @Test(arguments: [
        "delivery:\n  retry_schedule: [1m, 2m]\n", "delivery:\n  retry_schedule:\n    - 1m\n    - 2m\n",
        "delivery:\n  retry_schedule: 1m,2m\n", "delivery.retry_schedule: 1m, 2m\n",
        "{delivery: {retry_schedule: [1m, 2m]}}",
    ])
    func fileWritesAListInAnyYAMLWay(yaml: String) throws {
        #expect(try load(yaml: yaml).delivery.retrySchedule == [.seconds(60), .seconds(120)])
    }

    @Test(arguments: ["", "# nothing yet\n", "---\n", "delivery: {}\n"])
    func emptyFileMeansDefaults(yaml: String) throws {
        #expect(try load(yaml: yaml) == Settings())
    }

    @Test(arguments: [
        ("delivery:\n  prot: 25\n", "unknown setting delivery.prot in FILE; did you mean delivery.port?"),
        ("http: 8080\n", "unknown setting http in FILE"),
        ("http:\n  listen:\n    port: 80\n", "FILE: http.listen is a mapping, which no setting takes"),
        ("delivery:\n  port: [25, 26]\n", #"delivery.port in FILE: "25,26" is not a whole number from 1 to 65535"#),
        ("delivery.port: 25\ndelivery:\n  port: 26\n", "FILE: delivery.port is set twice"),
        ("delivery:\n  port: 1\n  port: 2\n", "FILE: port is set twice"),
        ("- a\n- b\n", "FILE: the file is not a mapping of settings"),
    ])
    func fileWithAFaultIsRefused(yaml: String, line: String) throws {
        #expect(try complaint(yaml: yaml).hasPrefix(line))
    }

    @Test(arguments: ["a: b: c\n", "a: [1\n", "\tport: 1\n"])
    func brokenYAMLIsOneLine(yaml: String) throws {
        #expect(try complaint(yaml: yaml).hasPrefix("FILE: "))
    }

    @Test func missingFileIsNamed() throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(flags: [:], environment: [:], file: "/nonexistent/postrider.yaml")
        }
        #expect(error.description.hasPrefix(#"cannot read "/nonexistent/postrider.yaml": "#))
    }

    // MARK: Unknown names

    @Test func unknownVariableIsRefusedWithASuggestion() throws {
        let line = try complaint(environment: ["POSTRIDER_DELIVERY_RETRY_SHEDULE": "5m"])
        #expect(
            line == "unknown setting POSTRIDER_DELIVERY_RETRY_SHEDULE; did you mean POSTRIDER_DELIVERY_RETRY_SCHEDULE?")
    }

    @Test func unknownFlagIsRefusedWithASuggestion() throws {
        #expect(
            try complaint(flags: ["http.lisen": ":80"]) == "unknown setting --http.lisen; did you mean --http.listen?")
    }

    @Test func nothingIsSuggestedForWhatIsFarFromAll() throws {
        #expect(try complaint(flags: ["x.y": "1"]) == "unknown setting --x.y")
        #expect(try complaint(environment: ["POSTRIDER_PORT": "tcp://"]) == "unknown setting POSTRIDER_PORT")
    }

    @Test func onlySecretsComeFromFiles() throws {
        #expect(try complaint(environment: ["POSTRIDER_DELIVERY_PORT_FILE": "/x"]).hasPrefix("unknown setting"))
    }

    // MARK: Secrets

    @Test(arguments: [("k1", "k1"), ("k1\n", "k1"), ("k1\r\n", "k1")])
    func secretComesFromItsFileWithoutTheLineEnd(content: String, key: String) throws {
        let settings = try withFile(content) { path in
            try Settings.load(flags: [:], environment: ["POSTRIDER_ROOT_KEY_FILE": path], file: nil)
        }
        #expect(settings.rootKey == key)
    }

    @Test func relayPasswordComesFromItsFile() throws {
        let settings = try withFile("pass, word\n") { path in
            let environment = [
                "POSTRIDER_DELIVERY_RELAY": "smtp.example:587", "POSTRIDER_DELIVERY_RELAY_USER": "acme",
                "POSTRIDER_DELIVERY_RELAY_PASSWORD_FILE": path,
            ]
            return try Settings.load(flags: [:], environment: environment, file: nil)
        }
        #expect(settings.delivery.relayPassword == "pass, word")
    }

    @Test func secretOnceInEachWayIsRefused() throws {
        let line = try complaint(environment: ["POSTRIDER_ROOT_KEY": "k", "POSTRIDER_ROOT_KEY_FILE": "/x"])
        #expect(line == "POSTRIDER_ROOT_KEY_FILE: POSTRIDER_ROOT_KEY is set, too; one of them is enough")
    }

    @Test func missingSecretFileIsNamed() throws {
        let line = try complaint(environment: ["POSTRIDER_ROOT_KEY_FILE": "/nonexistent/key"])
        #expect(line.hasPrefix(#"cannot read "/nonexistent/key": "#))
    }

    @Test func malformedSecretIsNotShown() throws {
        let line = try complaint(environment: ["POSTRIDER_ROOT_KEY": "hush hush"])
        #expect(line == "POSTRIDER_ROOT_KEY: its value is not a key of visible ASCII characters")
    }

    // MARK: Together

    @Test(arguments: [
        ["delivery.relay": "smtp.example:587", "delivery.relay_user": "acme"],
        ["delivery.relay": "smtp.example:587", "delivery.relay_password": "secret"],
        ["delivery.relay_user": "acme", "delivery.relay_password": "secret"],
    ])
    func relayCredentialsWithoutTheirOtherHalfAreRefused(flags: [String: String]) throws {
        #expect(try complaint(flags: flags).hasPrefix("delivery.relay_user "))
    }

    @Test(arguments: [["http.tls_certificate": "a.pem"], ["http.tls_key": "a.pem"]])
    func halfAnIdentityIsRefused(flags: [String: String]) throws {
        #expect(try complaint(flags: flags) == "http.tls_certificate and http.tls_key are only of use together")
    }

    @Test func memoryThatLargeBodiesWouldNotFitIntoIsRefused() throws {
        let complaint = try complaint(flags: ["http.max_body": "10MiB", "http.max_body_memory": "19MiB"])
        #expect(complaint == "http.max_body_memory must be at least twice http.max_body")
    }

    @Test func controlsInAValueDoNotBreakTheLine() throws {
        let line = try complaint(environment: ["POSTRIDER_LOG_LEVEL": "info\r\nroot_key: x"])
        #expect(line.hasPrefix(#"POSTRIDER_LOG_LEVEL: "info\r\nroot_key: x" is not one of trace, "#))
    }
}
