// FullDiskTests.swift — what the API says when the disk is full.

import APITestSupport
import JSON
import Queue
import TestSupport
import Testing

/// What users see of a disk without room, over HTTP and down to the file.
@Suite struct FullDiskTests {
    private func deliver(_ message: MessageKey, in api: APIFixture) async throws {
        let now = api.clock.now
        try await api.store.record([
            AttemptRecord(
                id: AttemptID(at: now), message: message, startedAt: now, finishedAt: now, host: "mx.example.test",
                address: "192.0.2.1", tls: nil, reply: "250 ok", transcript: "",
                results: [RecipientResult(position: 0, outcome: .delivered)])
        ])
    }

    @Test func newMailIsRefusedWith507UntilThereIsRoomAndResultsAreRecorded() async throws {
        try await withAPI { api in
            let before = try await api.accept()
            api.disk.fill(butFor: api.directory + "/reserve")
            let refused = try await api.client.post("/v1/messages", APIFixture.message)
            #expect(refused.status == 507)
            #expect(refused["code"] == .string("storage_full"))
            #expect(refused.field("Retry-After") == "60")
            #expect(try await api.client.get("/readyz").status == 503)

            try await deliver(api.store.highestMessage, in: api)
            #expect(try await api.client.get("/v1/messages/\(before)")["status"] == .string("delivered"))
            #expect(try await api.client.get("/v1/messages")["data"].array?.count == 1)

            api.disk.heal()
            api.clock.advance(by: .seconds(1))
            #expect(try await api.client.get("/readyz").status == 200)
            #expect(try await api.client.post("/v1/messages", APIFixture.message).status == 202)
        }
    }

    @Test func aRepetitionGetsItsAnswerAllTheSame() async throws {
        try await withAPI { api in
            let key = ["Idempotency-Key": "order-77"]
            let first = try await api.client.post("/v1/messages", APIFixture.message, key)
            api.disk.fill(butFor: api.directory + "/reserve")
            let other = try await api.client.post("/v1/messages", APIFixture.message, ["Idempotency-Key": "order-78"])
            #expect(other.status == 507)
            let second = try await api.client.post("/v1/messages", APIFixture.message, key)
            #expect(second.status == 202 && second.text == first.text)
            #expect(second.field("Idempotent-Replayed") == "true")
        }
    }
}
