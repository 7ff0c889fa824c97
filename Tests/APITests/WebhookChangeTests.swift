// WebhookChangeTests.swift — endpoints changed: PATCH, pause, resume, rotate-secret; and what of them is never shown.

import APITestSupport
import Crypto
import Foundation
import JSON
import Queue
import Testing

@testable import API

@Suite struct WebhookChangeTests {
    static let full = #"""
        {"url":"https://app.test/hooks","description":"orders","types":["message.bounced"],"tags":{"kind":"otp","team":"a"},
         "headers":{"Authorization":"Bearer canary-1","X-Team":"canary-2"},"timeout_seconds":20,"max_concurrency":2}
        """#

    /// The path of a new endpoint.
    private func create(_ api: APIFixture, _ body: String = full) async throws -> String {
        let created = try await api.client.post("/v1/webhooks", body)
        #expect(created.status == 201)
        return created.field("Location") ?? ""
    }

    private func stored(_ api: APIFixture) async throws -> Endpoint {
        try #require(try await api.store.endpoints(in: nil).first)
    }

    private func headers(_ api: APIFixture) async throws -> [String: String] {
        try await stored(api).headers(openedBy: SecretBox.ofTheTests).values
    }

    @Test func showsWhatWasSet() async throws {
        try await withAPI { api in
            let shown = try await api.client.get(create(api))
            #expect(shown["description"].string == "orders" && shown["timeout_seconds"].number?.int64 == 20)
            #expect(shown["tags", "kind"].string == "otp" && shown["max_concurrency"].number?.int64 == 2)
            #expect(shown["headers", "authorization"].string == "***" && shown["headers", "x-team"].string == "***")
            #expect(shown["status"].string == "enabled" && shown["health", "status"].string == "healthy")
            #expect(shown["health", "pending"].number?.int64 == 0 && shown["previous_secret_expires_at"] == .null)
        }
    }

    @Test func hasDefaults() async throws {
        try await withAPI { api in
            let shown = try await api.client.get(create(api, #"{"url":"https://app.test/"}"#))
            #expect(shown["timeout_seconds"].number?.int64 == 15 && shown["max_concurrency"].number?.int64 == 8)
            #expect(shown["description"] == .null && shown["headers"].object?.isEmpty == true)
        }
    }

    @Test func valuesOfHeaderFieldsAreNowhereToBeFound() async throws {
        try await withAPI { api in
            let path = try await create(api)
            for answer in [try await api.client.get(path), try await api.client.get("/v1/webhooks")] {
                #expect(!answer.text.contains("canary"))
            }
            for name in ["postrider.sqlite", "postrider.sqlite-wal"] {
                let file = try Data(contentsOf: URL(filePath: api.directory + "/" + name))
                #expect(file.range(of: Data("canary".utf8)) == nil)
            }
            #expect(try await headers(api) == ["authorization": "Bearer canary-1", "x-team": "canary-2"])
        }
    }

    /// They may be keys of the receiver that it was.
    @Test func whoMovesToAnotherOriginTakesNoHeaderFieldsAlong() async throws {
        try await withAPI { api in
            let path = try await create(api)
            _ = try await api.client.patch(path, #"{"url":"https://app.test:8443/hooks","headers":{"x-new":"1"}}"#)
            #expect(try await headers(api) == ["x-new": "1"])
            let moved = try await api.client.patch(path, #"{"url":"https://b.test/"}"#)
            #expect(moved.status == 200 && moved["headers"].object?.isEmpty == true)
            #expect(try await stored(api).sealedHeaders == nil)
        }
    }

    @Test func aPatchChangesWhatItNamesAndNothingElse() async throws {
        try await withAPI { api in
            let path = try await create(api)
            let before = try await api.client.get(path)
            #expect(try await api.client.patch(path, "{}").json == before.json)
            let after = try await api.client.patch(
                path,
                #"{"url":"https://APP.test/b","tags":{"team":null,"x":"y"},"headers":{"X-Team":null,"x-new":"1"}}"#)
            #expect(after.status == 200 && after["url"].string == "https://APP.test/b")
            #expect(after["tags"].object?.members.map(\.name) == ["kind", "x"])
            #expect(after["types", "0"].string == "message.bounced" && after["description"].string == "orders")
            #expect(try await headers(api) == ["authorization": "Bearer canary-1", "x-new": "1"])
            #expect(after["secret"] == .null)
        }
    }

    @Test func nullIsTheDefault() async throws {
        try await withAPI { api in
            let path = try await create(api)
            let after = try await api.client.patch(
                path,
                #"""
                {"description":null,"types":null,"tags":null,"headers":null,"timeout_seconds":null,"max_concurrency":null}
                """#)
            #expect(after["description"] == .null && after["types"].array?.isEmpty == true)
            #expect(after["tags"].object?.isEmpty == true && after["headers"].object?.isEmpty == true)
            #expect(after["timeout_seconds"].number?.int64 == 15 && after["max_concurrency"].number?.int64 == 8)
            #expect(try await stored(api).sealedHeaders == nil)
        }
    }

    @Test(arguments: [
        (#"{"url":null}"#, ["#/url required"]), (#"{"url":"http://10.0.0.1/"}"#, ["#/url invalid_url"]),
        (#"{"status":"paused"}"#, ["#/status unknown_member"]),
        (#"{"headers":{"te":null}}"#, ["#/headers/te not_allowed"]),
    ])
    func refusesAWrongPatch(body: String, errors: [String]) async throws {
        let configure = { (configuration: inout APIConfiguration) in
            configuration.endpointURLFault = { $0.hasPrefix("https://") ? nil : "The URL must be https." }
        }
        try await withAPI(configure: configure) { api in
            let answer = try await api.client.patch(create(api), body)
            #expect(answer.status == 422 && answer.errors == errors)
        }
    }

    @Test func headerFieldsAreBoundedTogether() async throws {
        try await withAPI { api in
            let path = try await create(api, #"{"url":"https://app.test/"}"#)
            func fields(_ names: Range<Int>, _ value: String) -> String {
                #"{"headers":{"# + names.map { #""x-\#($0)":"\#(value)""# }.joined(separator: ",") + "}}"
            }
            #expect(try await api.client.patch(path, fields(0..<20, "v")).status == 200)
            #expect(try await api.client.patch(path, fields(20..<21, "v")).errors == ["#/headers too_many"])
            #expect(try await api.client.patch(path, fields(0..<5, String(repeating: "v", count: 2000))).status == 422)
            #expect(
                try await api.client.patch(path, fields(0..<1, String(repeating: "v", count: 2049))).errors == [
                    "#/headers/x-0 too_long"
                ])
            #expect(try await headers(api).count == 20)
        }
    }

    @Test func anEndpointIsPausedAndResumed() async throws {
        try await withAPI { api in
            let path = try await create(api)
            let paused = try await api.client.send("POST", "\(path)/pause")
            #expect(paused.status == 200 && paused["status"].string == "paused")
            #expect(paused["health", "status"].string == "paused")
            #expect(try await api.client.send("POST", "\(path)/pause").status == 200)
            let resumed = try await api.client.send("POST", "\(path)/resume")
            #expect(resumed["status"].string == "enabled" && resumed["health", "status"].string == "healthy")
            #expect(try await api.client.send("POST", "\(path)/resume").status == 200)
        }
    }

    @Test func aDisabledEndpointIsResumedAndNotPaused() async throws {
        try await withAPI { api in
            let path = try await create(api)
            try await api.disable()
            let shown = try await api.client.get(path)
            #expect(shown["status"].string == "disabled" && shown["health", "status"].string == "disabled")
            #expect(shown["disabled_reason"].string == "the endpoint answered 410 Gone")
            #expect(try await api.client.send("POST", "\(path)/pause").status == 409)
            let resumed = try await api.client.send("POST", "\(path)/resume")
            #expect(resumed["status"].string == "enabled" && resumed["disabled_reason"] == .null)
        }
    }

    @Test func healthTellsOfTheLastFailure() async throws {
        try await withAPI { api in
            let path = try await create(api, #"{"url":"https://app.test/"}"#)
            _ = try await api.accept()
            let endpoint = try await stored(api)
            try await api.store.record(
                [
                    PostRecord(
                        endpoint: endpoint.id, event: 1, number: 1, startedAt: api.clock.now, latency: .zero,
                        status: nil, error: "timed out", outcome: .retry(at: api.clock.now + .seconds(5)))
                ], cursors: [endpoint.id: 1])
            let shown = try await api.client.get(path)
            #expect(shown["health", "status"].string == "failing" && shown["health", "pending"].number?.int64 == 1)
            #expect(shown["health", "last_failure", "error"].string == "timed out")
            #expect(shown["health", "failing_since"] == shown["health", "last_failure", "at"])
        }
    }

    /// The secrets that would sign now, in the clear.
    private func secrets(_ api: APIFixture) async throws -> [String] {
        let endpoint = try await stored(api)
        return try [endpoint.secret, endpoint.oldSecret?.secret].compactMap(\.self).map {
            let bytes = try SecretBox.ofTheTests.open($0, for: Endpoint.secretPurpose(of: endpoint.id))
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func aRotationKeepsTheOldSecretForAWhile() async throws {
        try await withAPI { api in
            let path = try await create(api)
            let first = try await secrets(api)
            let rotated = try await api.client.post("\(path)/rotate-secret", #"{"grace_seconds":3600}"#)
            let second = try #require(rotated["secret"].string)
            #expect(rotated.status == 200 && second.hasPrefix("whsec_") && first != [second])
            #expect(rotated["previous_secret_expires_at"].string == "2026-09-21T15:13:20.000Z")
            #expect(try await secrets(api) == [second] + first)
            #expect(try await api.client.get(path)["secret"] == .null)
            let third = try #require(try await api.client.send("POST", "\(path)/rotate-secret")["secret"].string)
            #expect(try await secrets(api) == [third, second])
            let last = try await api.client.post("\(path)/rotate-secret", #"{"grace_seconds":0}"#)
            #expect(last["previous_secret_expires_at"] == .null)
            #expect(try await secrets(api).count == 1)
        }
    }

    @Test(arguments: [
        #"{"grace_seconds":604801}"#, #"{"grace_seconds":-1}"#, #"{"grace_seconds":"1d"}"#, #"{"grace":1}"#,
    ])
    func refusesAWrongRotation(body: String) async throws {
        try await withAPI { api in
            let path = try await create(api)
            let before = try await secrets(api)
            #expect(try await api.client.post("\(path)/rotate-secret", body).status == 422)
            #expect(try await secrets(api) == before)
        }
    }

    @Test func noneOfItWorksWithWhatIsNotThere() async throws {
        try await withAPI { api in
            let id = EndpointID(at: api.clock.now), event = EventID(at: api.clock.now)
            var answers = [
                try await api.client.patch("/v1/webhooks/\(id)", "{}"),
                try await api.client.post("/v1/webhooks/\(id)/replay", #"{"failed":true}"#),
                try await api.client.get("/v1/webhooks/\(id)/deliveries"),
            ]
            for path in ["pause", "resume", "rotate-secret", "test", "deliveries/\(event)/retry"] {
                answers.append(try await api.client.send("POST", "/v1/webhooks/\(id)/\(path)"))
            }
            #expect(answers.map(\.status) == Array(repeating: 404, count: 8))
        }
    }
}

extension APIFixture {
    /// As if the only endpoint had answered 410.
    func disable() async throws {
        let endpoint = try #require(try await store.endpoints(in: nil).first)
        var gone = PostRecord(
            endpoint: endpoint.id, event: 1, number: 1, startedAt: clock.now, latency: .zero, status: 410,
            error: "the endpoint answered 410", outcome: .givenUp)
        gone.isGone = true
        try await store.record([gone], cursors: [:])
    }
}
