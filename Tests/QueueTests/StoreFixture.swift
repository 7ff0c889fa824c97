// StoreFixture.swift — a real store in a directory of its own, and what is submitted to it.

import Foundation
import GRDB
import Mail
import Synchronization
import TestSupport
import Testing

@testable import Queue

/// A store on disk for one test. What it announces is kept.
final class StoreFixture: Sendable {
    let directory: String
    let clock: ManualClock
    let store: QueueStore
    private let ids = MessageIDSequence()
    private let heard = Mutex(
        (ready: [ReadyMessage](), batches: [Int](), seqs: [Int64](), endpointChanges: 0, changes: [QueueChange]()))

    init(
        directory: String = temporaryDirectory(), clock: ManualClock = ManualClock(), options: StoreOptions = .small
    ) throws {
        (self.directory, self.clock) = (directory, clock)
        store = try QueueStore.open(directory: directory, clock: clock, options: options)
        store.start(
            ready: { [self] messages in
                heard.withLock {
                    $0.ready += messages
                    $0.batches.append(messages.count)
                }
            },
            changes: { [self] changes in heard.withLock { $0.changes += changes } },
            endpoints: { [self] in heard.withLock { $0.endpointChanges += 1 } },
            events: { [self] seq in heard.withLock { $0.seqs.append(seq) } })
    }

    var now: Timestamp { clock.now }
    var ready: [ReadyMessage] { heard.withLock { $0.ready } }
    /// How many messages each commit announced.
    var readyBatches: [Int] { heard.withLock { $0.batches } }
    var changes: [QueueChange] { heard.withLock { $0.changes } }
    var endpointChanges: Int { heard.withLock { $0.endpointChanges } }
    var announcedSeqs: [Int64] { heard.withLock { $0.seqs } }

    /// Closes this store and opens the same directory again.
    func reopened() async throws -> StoreFixture {
        await store.close()
        return try StoreFixture(directory: directory, clock: clock)
    }

    /// Closes the store and takes its directory away.
    func end() async {
        await store.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Submits and returns the row.
    @discardableResult
    func accept(_ submission: Submission) async throws -> MessageKey {
        _ = try await store.submit(submission)
        return try #require(ready.last { $0.id == submission.id }).key
    }

    /// Behind the store's back.
    func sql<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: directory + "/postrider.sqlite")
        defer { try? queue.close() }
        return try queue.write(body)
    }

    func count(_ table: String) throws -> Int {
        try sql { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }
}

extension StoreOptions {
    static var small: StoreOptions {
        var options = StoreOptions()
        options.reserveBytes = 64 << 10
        return options
    }
}

func temporaryDirectory() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("postrider-\(UUID().uuidString)").path
}

extension StoreFixture {
    /// A message to `recipients` (`local@domain`), accepted now.
    func submission(
        to recipients: [String] = ["bob@example.test"], text: String = "hello", key: IdempotencyClaim? = nil,
        expiresIn lifetime: Duration = .seconds(5 * 86_400), firstAttemptIn wait: Duration = .zero
    ) -> Submission {
        Submission(
            id: ids.next(at: now), acceptedAt: now, rfcMessageID: "<1@acme.example>", from: "Acme <hi@acme.example>",
            fromDomain: Domain(trusted: "acme.example"), subject: "Hi",
            reversePath: .mailbox(mailbox("hi@acme.example")),
            content: MessageContent(bytes: Array("Subject: Hi\r\n\r\n\(text)\r\n".utf8)),
            recipients: recipients.map { .init(id: RecipientID(at: now), mailbox: mailbox($0), role: .to) },
            firstAttemptAt: now + wait, expiresAt: now + lifetime, delayNoticeAt: now + wait + .seconds(4 * 3600),
            idempotency: key)
    }

    func attempt(_ message: MessageKey, _ outcomes: [RecipientOutcome], from position: Int32 = 0) -> AttemptRecord {
        AttemptRecord(
            id: AttemptID(at: now), message: message, startedAt: now, finishedAt: now + .milliseconds(7),
            host: "mx1.example.test", address: "192.0.2.1", tls: "TLSv1.3", reply: "250 ok", transcript: "+0.000 < 220",
            results: outcomes.enumerated().map { RecipientResult(position: position + Int32($0), outcome: $1) })
    }

    func due(
        in domain: String = "example.test", limit: Int = 100, excluding: Set<RecipientKey> = []
    ) async throws -> DueBatch {
        try await store.due(
            DueQuery(
                domain: Domain(trusted: domain), now: now, limit: limit, excluding: excluding,
                through: store.highestMessage))
    }
}

func mailbox(_ address: String) -> Mailbox {
    let parts = address.split(separator: "@")
    return Mailbox(localPart: String(parts[0]), domain: Domain(trusted: String(parts[1])))
}

let refusal = Bounce(
    kind: .hard, category: "invalid_recipient", replyCode: 550, enhancedCode: "5.1.1",
    message: "550 5.1.1 no such user",
    host: "mx1.example.test")
let expiry = Failure(reason: .expired, detail: "not delivered within 5 days", lastReply: "451 later")
