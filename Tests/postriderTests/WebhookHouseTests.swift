// WebhookHouseTests.swift — webhooks in the whole program: no URL leads to its own network, and a test tells what was answered.

import APITestSupport
import Glibc
import JSON
import TestSupport
import Testing

@testable import postrider

@Suite(.timeLimit(.minutes(5)))
struct WebhookHouseTests {
    /// Listens on loopback and counts who has come.
    private final class Listener {
        let port: Int
        private let descriptor: Int32

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            // Unbound: the system picks a port, on every address.
            try #require(descriptor >= 0 && listen(descriptor, 9) == 0)
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutablePointer(to: &address) { [descriptor] in
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
            }
            try #require(status == 0)
            port = Int(UInt16(bigEndian: address.sin_port))
        }

        deinit { close(descriptor) }

        var hasBeenCalled: Bool {
            var found = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&found, 1, 0) > 0
        }
    }

    static let urls = [
        "https://127.0.0.1:PORT/", "https://2130706433:PORT/", "https://0x7f.1:PORT/", "https://127.1:PORT/",
        "https://[::ffff:127.0.0.1]:PORT/", "https://169.254.169.254/latest/meta-data", "https://10.1.2.3:PORT/",
        "https://100.64.0.1:PORT/", "https://[fc00::1]:PORT/", "https://localhost.:PORT/",
        "https://example.net@127.0.0.1:PORT/", "https://127.0.0.1:PORT#@example.net/", "http://127.0.0.1:PORT/",
    ]

    @Test func aURLThatLeadsInsideIsRefused() async throws {
        let listener = try Listener()
        try await withHouse(isDev: false) { house in
            for url in Self.urls {
                let url = url.replacing("PORT", with: "\(listener.port)")
                let answer = try await house.client.post("/v1/webhooks", #"{"url":"\#(url)"}"#)
                #expect(answer.status == 422 && answer.errors == ["#/url invalid_url"], "\(url): \(answer.text)")
            }
            #expect(try await house.client.get("/v1/webhooks")["data"].array?.isEmpty == true)
        }
        #expect(!listener.hasBeenCalled)
    }

    /// The servers of `dns.servers` are asked, at each post.
    @Test func aNameThatLeadsInsideIsBlockedAtTheConnect() async throws {
        let listener = try Listener()
        let dns = try ScriptedDNS(["hooks.example.test": [.a("127.0.0.1"), .aaaa("::1")]])
        try await withHouse(["dns.servers": dns.server], isDev: false) { house in
            let url = "https://hooks.example.test:\(listener.port)/"
            let created = try await house.client.post("/v1/webhooks", #"{"url":"\#(url)"}"#)
            #expect(created.status == 201)
            let answer = try await house.client.send("POST", "\(created.field("Location") ?? "")/test")
            #expect(answer["status"].string == "failed" && answer["response"] == .null)
            #expect(answer["error"].string?.contains("is not in webhooks.allow_networks") == true, "\(answer.text)")
        }
        #expect(!listener.hasBeenCalled)
    }

    @Test func aNameThatDoesNotExistIsSaidSo() async throws {
        let dns = try ScriptedDNS([:])
        try await withHouse(["dns.servers": dns.server], isDev: false) { house in
            let created = try await house.client.post("/v1/webhooks", #"{"url":"https://gone.example.test/"}"#)
            let answer = try await house.client.send("POST", "\(created.field("Location") ?? "")/test")
            #expect(answer["error"].string?.hasPrefix("the address of gone.example.test is not known") == true)
        }
    }

    @Test func aTestIsPostedAndItsAnswerShown() async throws {
        let receiver = try ScriptedService(.whole("stout", status: 418, ["x-kind: short"]))
        try await withHouse { house in
            let created = try await house.client.post(
                "/v1/webhooks", #"{"url":"http://\#(receiver.address)/hook","headers":{"X-Key":"k"}}"#)
            let path = created.field("Location") ?? ""
            let answer = try await house.client.post("\(path)/test", #"{"type":"message.bounced"}"#)
            #expect(answer["status"].string == "failed" && answer["response", "status"].number?.int64 == 418)
            #expect(answer["response", "headers", "x-kind"].string == "short")
            #expect(answer["response", "body"].string == "stout")
            let listed = try await house.client.get("\(path)/deliveries?status=failed")
            #expect(listed["data", "0", "event_id"] == answer["event_id"])
        }
        receiver.waitForEnd()
        #expect(receiver.requests[0].field("x-key") == "k")
    }
}
