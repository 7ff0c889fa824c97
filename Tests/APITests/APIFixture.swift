// APIFixture.swift — the API behind a real HTTP server, over a real store in a directory of its own.

import APITestSupport
import Crypto
import DNS
import Domains
import Foundation
import HTTP
import Logging
import NIOPosix
import Queue
import Synchronization
import TestSupport

@testable import API

struct APIFixture {
    static let key = "root-key-of-the-tests"

    let store: QueueStore
    let clock: ManualClock
    let disk: FaultyDisk
    let directory: String
    let configuration: APIConfiguration
    let server: HTTPServer
    /// Has the root key.
    let client: TestClient
    /// Has none.
    var stranger: TestClient { TestClient(port: client.port) }

    /// The least that is accepted.
    static let message =
        #"{"from":"hello@acme.test","to":"bob@example.test","subject":"Your code","text":"It is 4711."}"#

    /// Lets the server leave, as at the program's end.
    func drain() async { await server.drain(within: .seconds(30)) }

    /// Sends a message and returns its id.
    func accept(_ body: String = message) async throws -> MessageID {
        let answer = try await client.post("/v1/messages", body)
        return MessageID(answer["id"].string ?? "") ?? MessageID(at: Timestamp(milliseconds: 0))
    }
}

/// Runs `test` against an API that `configure` may change, and takes everything down again.
func withAPI(
    dns: ScriptedDNS? = nil, options changeOptions: (inout StoreOptions) -> Void = { _ in },
    ready: @escaping @Sendable ([ReadyMessage]) -> Void = { _ in },
    configure: (inout APIConfiguration) -> Void = { _ in }, _ test: (APIFixture) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "postrider-api-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    let clock = ManualClock()
    let disk = FaultyDisk(directory: directory.path)
    var options = StoreOptions()
    (options.reserveBytes, options.readers) = (1 << 16, 1)
    changeOptions(&options)
    let store = try QueueStore.open(directory: directory.path, clock: clock, options: options)
    store.start(ready: ready, events: { _ in })
    let domains = try registry(store, clock, dns)
    var configuration = APIConfiguration(
        store: store, clock: clock,
        keys: .init(rootDigest: SHA256.digest(of: Array(APIFixture.key.utf8)), secrets: try SecretBox.ofTheTests),
        domains: domains, terms: AcceptanceTerms(hostname: "mx.postrider.test"))
    configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    configuration.reference = .init(openAPI: OpenAPIDocument.shared.bytes)
    configure(&configuration)
    let server = try await HTTPServer.bind(
        host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton, handler: API(configuration))
    let outcome = await Result {
        try await test(
            APIFixture(
                store: store, clock: clock, disk: disk, directory: directory.path, configuration: configuration,
                server: server, client: TestClient(port: server.port, key: APIFixture.key)))
    }
    await server.drain(within: .seconds(1))
    await store.close()
    try outcome.get()
}

/// Without a `dns`, nothing can be looked up.
private func registry(_ store: QueueStore, _ clock: ManualClock, _ dns: ScriptedDNS?) throws -> DomainRegistry {
    var configuration = Resolver.Configuration()
    if let server = NameServer(dns?.server ?? "127.0.0.1:1") { configuration.servers = [server] }
    configuration.remembersAnswers = false
    configuration.timeout = dns == nil ? .milliseconds(100) : .seconds(10)
    return DomainRegistry(
        store: store, resolver: try Resolver(configuration),
        maker: KeyMaker(secrets: try SecretBox.ofTheTests, generate: MadeKeys.next), clock: clock,
        settings: DomainSettings(hostname: "mx.postrider.test", lifetime: .seconds(5 * 86_400)))
}

extension SecretBox {
    static var ofTheTests: SecretBox {
        get throws { try SecretBox(masterKey: [UInt8](repeating: 7, count: masterKeyByteCount)) }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ work: () async throws -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }
}
