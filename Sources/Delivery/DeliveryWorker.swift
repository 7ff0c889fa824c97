// DeliveryWorker.swift — one session at one host: opens it, carries one message after the other, records, says QUIT.
//
// Pinned to its event loop, as its session is: from MAIL to the recorded result nothing changes threads but the wait
// for the commit; before MAIL, signing does. The next transaction begins only after the last one's result is on disk,
// so that a crash leaves at most one message in doubt per session.

import Logging
import NIOCore
import Queue
import SMTP

actor DeliveryWorker {
    private let id: WorkerID
    private let hop: Hop
    private let loop: any EventLoop
    private let dispatcher: Dispatcher
    /// The session was opened for the message in hand, and has answered nothing about it yet.
    private var isFresh = true

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    init(id: WorkerID, hop: Hop, loop: any EventLoop, dispatcher: Dispatcher) {
        (self.id, self.hop, self.loop, self.dispatcher) = (id, hop, loop, dispatcher)
    }

    /// Lives as long as its session.
    func run() async {
        let startedAt = dispatcher.house.clock.now
        do {
            let session = try await dispatcher.house.connector.connect(to: hop, on: loop)
            var first = dispatcher.opened(hop)
            while await session.transactionCount < dispatcher.settings.messagesPerSession, await session.isUsable,
                let attempt = await takeNext(first: &first)
            {
                guard await carry(attempt, in: session) else { break }
            }
            await session.quit()
            dispatcher.sessionEnded(id, hop)
        } catch {
            dispatcher.openFailed(
                FailedTry(
                    hop: hop, failure: Disposition.hostFailure(error, ofRelay: dispatcher.house.nextHop.isRelay),
                    transcript: error.transcript, startedAt: startedAt))
        }
    }

    private func takeNext(first: inout DeliveryAttempt?) async -> DeliveryAttempt? {
        if let attempt = first.take() { return attempt }
        isFresh = false
        return await dispatcher.next(id, at: hop)
    }

    /// Delivers one message to its recipients here, in as many transactions as the server wants, recording what came
    /// of each. False if the session cannot go on, or the store has failed: what cannot be recorded is not sent.
    private func carry(_ attempt: DeliveryAttempt, in session: SMTPSession) async -> Bool {
        var attempt = attempt
        let startedAt = dispatcher.house.clock.now
        attempt.tls = await session.tls
        let needsTLS = attempt.message.tls == .required || dispatcher.settings.requireTLS
        if attempt.tls == nil, needsTLS, !hop.isSandbox {
            let failure = Disposition.noTLS(isOffered: await session.capabilities.offersStartTLS)
            dispatcher.unsuited(attempt, failedTry(failure, startedAt: startedAt))
            return true
        }
        guard let copy = await copy(of: attempt) else { return true }
        attempt.startedAt = attempt.startedAt ?? startedAt
        let splits = await session.capabilities.offersSMTPUTF8
        if splits { attempt.putASCIIFirst() }
        while !attempt.message.recipients.isEmpty {
            var transaction = nextTransaction(of: attempt, with: copy)
            if splits { transaction.keepOneKind() }
            let count = transaction.forwardPaths.count
            switch await dispatcher.enter(first: count, of: &attempt) {
            case .entered: break
            case .fewer: continue
            case .storeFailed: return false
            }
            let result = await session.send(transaction)
            attempt.transcript += result.transcript
            let disposition = Disposition.of(
                result, host: attempt.hop?.host ?? hop.host, hasMissedAnotherHost: attempt.hasMissedAnotherHost)
            if !disposition.verdicts.isEmpty {
                let decided = attempt.split(off: disposition.verdicts)
                guard await dispatcher.conclude(decided.attempt, decided.verdicts) else { return false }
            }
            dispatcher.leave(attempt.message.recipients.prefix(count - disposition.verdicts.count))
            if let failure = disposition.hostFailure {
                giveUp(attempt, because: failedTry(failure, startedAt: startedAt))
                return false
            }
            // What was said is in the record of those decided; what is left begins anew.
            attempt.transcript = ""
            if result.failure == nil { (isFresh, attempt.isRetried) = (false, false) }
            if !attempt.message.recipients.isEmpty, await isAtItsEnd(session) {
                dispatcher.resume(attempt)
                return false
            }
        }
        return await session.isUsable
    }

    /// One message may be many transactions: they are counted, and the end of everything does not wait for all of them.
    private func isAtItsEnd(_ session: SMTPSession) async -> Bool {
        if dispatcher.isStopping { return true }
        return await session.transactionCount >= dispatcher.settings.messagesPerSession
    }

    /// The session failed before the dot. One that had served or rested before may just have reached its end: then the
    /// same host gets a second chance on a new connection.
    private func giveUp(_ attempt: DeliveryAttempt, because failed: FailedTry) {
        if !isFresh, !attempt.isRetried {
            dispatcher.retry(attempt)
        } else {
            dispatcher.hostFailed(attempt, failed)
        }
    }

    private func failedTry(_ failure: HostFailure, startedAt: Timestamp) -> FailedTry {
        FailedTry(hop: hop, failure: failure, transcript: "", startedAt: startedAt)
    }

    private func nextTransaction(of attempt: DeliveryAttempt, with copy: MessageCopy) -> MailTransaction {
        let message = attempt.message
        var count = dispatcher.settings.recipientsPerTransaction
        var reversePath = message.reversePath
        if let addresses = dispatcher.house.bounceAddresses, reversePath != .null, let first = message.recipients.first
        {
            count = 1
            reversePath = .mailbox(addresses.reversePath(for: first.id))
        }
        var transaction = MailTransaction(
            reversePath: reversePath, forwardPaths: message.recipients.prefix(count).map(\.mailbox),
            content: copy.content.bytes, form: copy.content.form)
        transaction.prefix = copy.signatures
        if hop.isSandbox {
            let origin = MessageOrigin(project: message.project, message: message.id)
            transaction.origin = "\(dispatcher.settings.sandboxToken).\(origin)"
        }
        return transaction
    }

    // MARK: The message copy

    /// What all transactions of an attempt at this host carry.
    private struct MessageCopy {
        let content: MessageContent
        /// DKIM-Signature fields.
        let signatures: [UInt8]
    }

    /// Nil, after the attempt has been dealt with, if there is nothing to send.
    private func copy(of attempt: DeliveryAttempt) async -> MessageCopy? {
        do {
            guard let content = try await content(of: attempt.message) else {
                let failure = Failure(reason: .contentMissing, detail: "the message's content is gone", lastReply: nil)
                await conclude(attempt, .failed(failure))
                return nil
            }
            let signatures = try await dispatcher.house.signer?.fields(
                for: content, from: attempt.message.sendingDomain)
            return MessageCopy(content: content, signatures: signatures ?? [])
        } catch {
            let isNews = (error as? Signer.Failure)?.isNews ?? true
            dispatcher.house.log.log(
                level: isNews ? .error : .debug, "preparing a message failed",
                metadata: ["message": "\(attempt.message.id)", "error": "\(error)"])
            await putOff(attempt, because: "\(error)")
            return nil
        }
    }

    private func content(of message: ReadyMessage) async throws -> MessageContent? {
        if let content = message.content { return content }
        return try await dispatcher.house.store.content(of: message.key)
    }

    /// What is wrong is ours to mend: it costs the message none of its attempts. It may cost its lifetime, though.
    private func putOff(_ attempt: DeliveryAttempt, because reason: String) async {
        let now = dispatcher.house.clock.now
        if now < attempt.message.expiresAt {
            dispatcher.release(attempt, deferredUntil: now + .seconds(60))
        } else {
            await conclude(attempt, .deferred(reply: reason))
        }
    }

    /// Without a transaction.
    private func conclude(_ attempt: DeliveryAttempt, _ verdict: Verdict) async {
        guard let attempt = dispatcher.enterAll(of: attempt) else { return }
        await dispatcher.conclude(attempt, attempt.message.recipients.map { ($0, verdict) })
    }
}
