// OverloadTests.swift — a store that cannot keep up: new messages are refused before they are handed over, never after.

import APITestSupport
import Dispatch
import JSON
import TestSupport
import Testing

@testable import API
@testable import Queue

@Suite struct OverloadTests {
    @Test func newMessagesAreRefusedWhileTooMuchWaits() async throws {
        try await withAPI(options: { $0.maximumPendingWrites = 2 }) { api in
            let gate = DispatchSemaphore(value: 0)
            let isBlocked = DispatchSemaphore(value: 0)
            let blocker = Task {
                try await api.store.write { _ in
                    isBlocked.signal()
                    gate.wait()
                }
            }
            await withUnsafeContinuation { continuation in
                DispatchQueue.global().async {
                    isBlocked.wait()
                    continuation.resume()
                }
            }
            let waiting = Task { try await api.client.post("/v1/messages", APIFixture.message) }
            while api.store.pendingWrites < 2 { await Task.yield() }
            let refused = try await api.client.post("/v1/messages", APIFixture.message)
            #expect(refused.status == 503 && refused["code"] == .string("unavailable"))
            #expect(refused.field("Retry-After") == "1")
            #expect(try await api.stranger.get("/readyz").status == 503)
            gate.signal()
            #expect(try await waiting.value.status == 202, "what had been handed over is not refused")
            try await blocker.value
            #expect(try await api.client.get("/v1/messages")["data"].array?.count == 1)
            #expect(try await api.client.post("/v1/messages", APIFixture.message).status == 202)
        }
    }
}
