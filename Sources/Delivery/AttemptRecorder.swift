// AttemptRecorder.swift — turns what an attempt came to into the record that the store keeps: retry, expiry, last word.

import Logging
import Mail
import Metrics
import Queue

struct AttemptRecorder: Sendable {
    let settings: DeliverySettings
    let store: QueueStore
    let clock: any WallClock
    let log: Logger

    init(settings: DeliverySettings, house: Dispatcher.House) {
        self.settings = settings
        (store, clock, log) = (house.store, house.clock, house.log)
    }

    /// The record of an attempt that ended without a transaction.
    func record(of attempt: DeliveryAttempt, concluded conclusion: Conclusion) -> AttemptRecord {
        let verdict = Disposition.verdict(on: attempt, concluded: conclusion)
        return record(of: attempt, verdicts: attempt.message.recipients.map { ($0, verdict) })
    }

    /// The record of an attempt with a verdict for each of its recipients.
    func record(of attempt: DeliveryAttempt, verdicts: [(recipient: ReadyRecipient, verdict: Verdict)]) -> AttemptRecord
    {
        let now = clock.now
        var due: [Int: Timestamp] = [:]
        let results = verdicts.map { recipient, verdict in
            RecipientResult(
                position: recipient.key.position,
                outcome: outcome(
                    of: verdict, for: recipient, expiresAt: attempt.message.expiresAt, at: now, due: &due))
        }
        var record = AttemptRecord(
            id: AttemptID(at: now), message: attempt.message.key, startedAt: attempt.startedAt ?? now, finishedAt: now,
            host: attempt.hop?.host, address: attempt.hop.map { "\($0.address.ip)" }, tls: attempt.tls,
            reply: verdicts.last?.verdict.reply, transcript: attempt.transcript, results: results)
        record.suppressesDeadMailboxes = settings.suppressesDeadMailboxes && attempt.hop?.isSandbox != true
        return record
    }

    /// `due` keeps the next attempt's time by number of attempts: recipients deferred together come back together.
    private func outcome(
        of verdict: Verdict, for recipient: ReadyRecipient, expiresAt: Timestamp, at now: Timestamp,
        due: inout [Int: Timestamp]
    ) -> RecipientOutcome {
        switch verdict {
        case .delivered: return .delivered
        case .bounced(let bounce): return .bounced(bounce)
        case .failed(let failure): return .failed(failure)
        case .deferred(let reply):
            guard now < expiresAt else { return .failed(.expired(lastReply: reply)) }
            let attempts = recipient.attempts + 1
            var random = SystemRandomNumberGenerator()
            let until =
                due[attempts]
                ?? settings.schedule.nextAttempt(
                    afterAttempt: attempts, at: now, expiresAt: expiresAt, random: &random)
            due[attempts] = until
            return .deferred(until: until)
        }
    }

    /// Returns true once the records are on disk; while the disk is full it tries again every second. False if they
    /// can never be written: then their recipients must not be tried again by this process, for some were delivered.
    func write(_ records: [AttemptRecord]) async -> Bool {
        let written: Void? = await persist { () throws(StoreFailure) in try await store.record(records) }
        guard written != nil else { return false }
        for record in records { count(record) }
        return true
    }

    /// The same for those who are not attempted because they are suppressed. Returns them, without those who are being
    /// attempted elsewhere; nil if it can never be written.
    func writeSuppressed(_ recipients: [RecipientKey]) async -> Set<RecipientKey>? {
        let written = await persist { () throws(StoreFailure) in try await store.suppress(recipients, at: clock.now) }
        guard let written else { return nil }
        Self.suppressed.increment(by: written.count)
        return written
    }

    private func persist<Value>(_ write: () async throws(StoreFailure) -> Value) async -> Value? {
        while true {
            do throws(StoreFailure) {
                return try await write()
            } catch {
                log.error("recording what came of recipients failed", metadata: ["error": "\(error)"])
                guard error == .full else { return nil }
                await clock.wait(until: clock.now + .seconds(1))
            }
        }
    }

    /// Fails what is on disk of a destination that has just failed as a whole and whose lifetime has passed. `held`
    /// are in memory: each of them has its own attempt.
    func expire(_ domain: Domain, excluding held: Set<RecipientKey>, lastReply: String) async {
        let page = 500
        do {
            var expired = page
            while expired == page {
                expired = try await store.expire(
                    in: domain, at: clock.now, excluding: held, failure: .expired(lastReply: lastReply), limit: page)
            }
        } catch {
            log.error("expiring recipients failed", metadata: ["destination": "\(domain)", "error": "\(error)"])
        }
    }

    private static let delivered = Counter(label: "postrider_recipients", dimensions: [("outcome", "delivered")])
    private static let deferred = Counter(label: "postrider_recipients", dimensions: [("outcome", "deferred")])
    private static let bounced = Counter(label: "postrider_recipients", dimensions: [("outcome", "bounced")])
    private static let failed = Counter(label: "postrider_recipients", dimensions: [("outcome", "failed")])

    private static let suppressed = Counter(label: "postrider_recipients", dimensions: [("outcome", "suppressed")])

    private func count(_ record: AttemptRecord) {
        for result in record.results {
            switch result.outcome {
            case .delivered: Self.delivered.increment()
            case .deferred: Self.deferred.increment()
            case .bounced: Self.bounced.increment()
            case .failed: Self.failed.increment()
            }
        }
    }
}

extension Failure {
    static func expired(lastReply: String?) -> Failure {
        Failure(reason: .expired, detail: "not delivered within the message's lifetime", lastReply: lastReply)
    }
}
