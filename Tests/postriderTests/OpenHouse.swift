// OpenHouse.swift — the whole program in development mode, inside the test's process.

import APITestSupport
import Foundation
import JSON
import Logging
import ServiceLifecycle
import Settings
import TestSupport

@testable import postrider

struct OpenHouse: Sendable {
    let house: House
    let client: TestClient
    /// The one that its store is on.
    let disk: FaultyDisk

    /// Sends a message to one recipient and returns its id.
    func send(to recipient: String, more: String = "") async throws -> String {
        let body = #"{"from":"hello@acme.test","to":"\#(recipient)","subject":"Code","text":"It is 4711."\#(more)}"#
        return try await client.post("/v1/messages", body)["id"].string ?? ""
    }

    static let rootKey = "the-root-key-of-the-tests"

    /// The same house, asked with another key.
    func with(key: String?) -> OpenHouse {
        OpenHouse(house: house, client: TestClient(port: client.port, key: key), disk: disk)
    }

    /// The same house, asked with a key of another project.
    func tenant() async throws -> OpenHouse {
        let project = try await client.post("/v1/projects", #"{"name":"tenant"}"#)["id"].string ?? ""
        let made = try await client.post("/v1/api-keys", #"{"name":"x","project":"\#(project)"}"#)
        return with(key: made["key"].string)
    }

    /// As a `send_at`.
    var tomorrow: String { Date.now.addingTimeInterval(86_400).ISO8601Format() }

    /// The message once its recipients are final.
    func outcome(of id: String) async throws -> Answer {
        while true {
            let message = try await client.get("/v1/messages/\(id)", ["Prefer": "wait=30"])
            if message["status"] != .string("queued") { return message }
        }
    }
}

/// Returns what `test` does in a house that then is told to leave; throws what either of them throws.
/// - isDev: as `--dev` makes it: loopback needs no key, and webhooks may lead there.
func withHouse<Value>(
    _ flags: [String: String] = [:], isDev: Bool = true, _ test: (OpenHouse) async throws -> Value
) async throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appending(path: "postrider-house-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let own = ["data.directory": directory, "http.listen": "127.0.0.1:0", "root_key": OpenHouse.rootKey]
    let settings = try Settings.load(flags: own.merging(flags) { $1 }, environment: [:], file: nil)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let disk = FaultyDisk(directory: directory)
    let house = try await House.open(settings, isDev: isDev, logger: logger)
    let group = ServiceGroup(configuration: .init(services: house.services, logger: logger))
    async let end: Void = group.run()
    let outcome: Result<Value, any Error>
    do {
        let client = TestClient(port: house.address.port, key: isDev ? nil : OpenHouse.rootKey)
        outcome = .success(try await test(OpenHouse(house: house, client: client, disk: disk)))
    } catch {
        outcome = .failure(error)
    }
    await group.triggerGracefulShutdown()
    try await end
    return try outcome.get()
}
