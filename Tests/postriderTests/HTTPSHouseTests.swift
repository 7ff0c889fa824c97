// HTTPSHouseTests.swift — the whole program behind TLS, and the commands that ask it.

import Foundation
import Logging
import Settings
import Synchronization
import TLS
import TestSupport
import Testing

@testable import Console
@testable import postrider

@Suite(.timeLimit(.minutes(5)))
struct HTTPSHouseTests {
    private let files: CertificateFiles
    private let flags: [String: String]

    init() throws {
        files = try CertificateFiles()
        flags = ["http.tls_certificate": files.certificate, "http.tls_key": files.key]
    }

    /// Runs what blocks on a thread of its own.
    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }

    /// The settings of a command that is run beside the house.
    private func settings(_ house: OpenHouse) throws -> Settings {
        let own = ["http.listen": "127.0.0.1:\(house.client.port)"]
        return try Settings.load(flags: flags.merging(own) { $1 }, environment: [:], file: nil)
    }

    private func liveness(_ house: OpenHouse) async throws -> String {
        let settings = try settings(house)
        return try await run { try APIClient(settings).document(APIRequest("GET", "/livez")).object.text("status") }
    }

    @Test func theCommandsSpeakHTTPSWithIt() async throws {
        try await withHouse(flags) { house in
            let origin = house.house.origin
            #expect(origin == "https://127.0.0.1:\(house.client.port)")
            #expect(house.house.welcome.contains("curl -i -k \(origin)/v1/messages"))
            let status = try await liveness(house)
            #expect(status == "ok")
        }
    }

    @Test func theCommandsBelieveNobodyElse() async throws {
        try await withHouse(flags) { house in
            try files.renew()
            let failure = await #expect(throws: CommandFailure.self) { try await liveness(house) }
            #expect(failure?.description.contains("another certificate than http.tls_certificate") == true)
            house.house.identity?.reload(log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let status = try await liveness(house)
            #expect(status == "ok")
        }
    }

    @Test func theHealthCheckAsksWhateverIsShown() async throws {
        try await withHouse(flags) { house in
            try files.renew()
            let arguments = flags.map { "--set=\($0)=\($1)" } + ["--set=http.listen=127.0.0.1:\(house.client.port)"]
            try await run { try Healthcheck.parse(arguments).run() }
        }
    }

    /// As it does of a service that is named: it sends no secret. Whatever asks with a key believes authorities alone.
    @Test func theHealthCheckOfANamedServiceAsksWhateverIsShown() async throws {
        try await withHouse(flags) { house in
            let arguments = ["--server", house.house.origin]
            try await run { try Healthcheck.parse(arguments).run() }
            let failure = await #expect(throws: CommandFailure.self) {
                try await run { try DomainCommand.List.parse(arguments).run() }
            }
            #expect(failure?.description.hasPrefix("cannot ask \(house.house.origin): ") == true)
        }
    }

    @Test func aPairOfNoUseStopsTheStart() async throws {
        let other = try CertificateFiles()
        for (setting, path) in [
            ("http.tls_certificate", "/nowhere.pem"), ("http.tls_certificate", other.key), ("http.tls_key", other.key),
        ] {
            let wrong = flags.merging([setting: path]) { $1 }
            let failure = await #expect(throws: SettingsError.self) { try await withHouse(wrong) { _ in } }
            #expect(failure?.description.hasPrefix("\(setting): cannot use ") == true)
            #expect(failure?.description.contains(path) == true)
            #expect(failure?.description.contains("\n") == false)
        }
    }

    @Test func aNewPairOfNoUseIsAnErrorInTheLogAndNothingElse() async throws {
        let log = LogOfErrors()
        let identity = try #require(try ServerIdentity.open(settingsOfHTTP()))
        let before = identity.context
        try Data("no PEM".utf8).write(to: URL(fileURLWithPath: files.key))
        identity.reload(log: Logger(label: "test") { _ in log })
        #expect(log.lines == ["error http.tls_key"])
        #expect(identity.context === before)
    }

    private func settingsOfHTTP() throws -> Settings.HTTP {
        try Settings.load(flags: flags, environment: [:], file: nil).http
    }

    @Test func eachHangUpIsAnswered() async throws {
        let (hangUps, hangUp) = AsyncStream.makeStream(of: Void.self)
        let count = Mutex(0)
        for _ in 1...3 { hangUp.yield() }
        hangUp.finish()
        try await HangUps(signals: hangUps) { count.withLock { $0 += 1 } }.run()
        #expect(count.withLock { $0 } == 3)
    }
}

/// Level and `setting` of what is logged.
private final class LogOfErrors: LogHandler {
    private let entries = Mutex<[String]>([])
    var lines: [String] { entries.withLock { $0 } }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        entries.withLock { $0.append("\(event.level) \(event.metadata?["setting"] ?? "")") }
    }
}
