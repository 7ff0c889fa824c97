// SandboxIsolationTests.swift — the sandbox's routes, as IsolationTests has all others: with another project's mail.
//
// Nothing here lists the routes: a new one is asked like those that there are.

import API
import APITestSupport
import HTTPTypes
import JSON
import NIOCore
import NIOPosix
import Queue
import Sandbox
import TestSupport
import Testing

@testable import postrider

@Suite(.timeLimit(.minutes(5)))
struct SandboxIsolationTests {
    private func routes() async throws -> [APIRoute] {
        let loops = MultiThreadedEventLoopGroup.singleton
        let sandbox = try await SandboxServer.start(at: SocketAddress(ipAddress: "127.0.0.1", port: 0), on: loops)
        let routes = SandboxRoutes.all(of: sandbox, clock: ManualClock())
        await sandbox.stop()
        return routes
    }

    @Test func whatAnotherProjectSentIsNotThere() async throws {
        let routes = try await routes()
        #expect(!routes.isEmpty)
        try await withHouse { house in
            let sent = try await house.send(to: "bob@example.test")
            _ = try await house.outcome(of: sent)
            let before = try await house.client.get("/v1/sandbox/messages").text
            #expect(before.contains(sent))
            let tenant = try await house.tenant().client
            for route in routes {
                let path = route.template.replacing("{id}", with: "1")
                #expect(!path.contains("{"), "\(route.template) names something else than a message")
                let answer = try await tenant.send(route.method.rawValue, path)
                #expect(!answer.text.contains(sent), "\(route.template)")
                if route.template.contains("{") { #expect(answer.status == 404, "\(route.template)") }
            }
            #expect(try await house.client.get("/v1/sandbox/messages").text == before, "nothing has changed")
        }
    }

    @Test func eachAsksForItsScope() async throws {
        let routes = try await routes()
        try await withHouse { house in
            let body = #"{"name":"x","scopes":["messages:read","messages:send"]}"#
            let made = try await house.client.post("/v1/api-keys", body)
            let reader = house.with(key: made["key"].string).client
            for route in routes {
                guard case .scope = route.access else {
                    Issue.record("\(route.template) is for everyone")
                    continue
                }
                let path = route.template.replacing("{id}", with: "1")
                #expect(try await reader.send(route.method.rawValue, path).status == 403, "\(route.template)")
            }
        }
    }
}
