// Dispatcher+Suppressions.swift — who has become suppressed since the message was accepted is not attempted any more.

import Queue

extension Dispatcher {
    /// Takes those of the first `count` who are suppressed out of an attempt and makes them final: only those that are
    /// about to be named, for a message may have a transaction for each of a thousand. Returns whether there were any;
    /// nil if it can never be recorded: then nothing may be sent either.
    func dropSuppressed(first count: Int, of attempt: inout DeliveryAttempt) async -> Bool? {
        let found = suppressed(among: attempt.message.recipients.prefix(count), of: attempt.message)
        guard !found.isEmpty else { return false }
        guard let written = await recorder.writeSuppressed(found) else { return nil }
        guard let part = attempt.split(off: written) else { return false }
        release(part, deferredUntil: nil)
        return true
    }

    /// The same for what has just been read from disk, so that no host is asked for them; in one commit for all of them.
    /// Those whose end cannot be recorded stay: whoever is to attempt them looks again.
    func withoutSuppressed(_ messages: [ReadyMessage]) async -> [ReadyMessage] {
        guard !house.store.suppressions.isEmpty else { return messages }
        let found = messages.flatMap { suppressed(among: $0.recipients[...], of: $0) }
        guard !found.isEmpty, let written = await recorder.writeSuppressed(found) else { return messages }
        var kept = messages
        for index in kept.indices { kept[index].recipients.removeAll { written.contains($0.key) } }
        return kept.filter { !$0.recipients.isEmpty }
    }

    private func suppressed(among recipients: ArraySlice<ReadyRecipient>, of message: ReadyMessage) -> [RecipientKey] {
        let suppressions = house.store.suppressions
        guard !suppressions.isEmpty, !message.ignoresSuppressions else { return [] }
        let now = house.clock.now
        return recipients.filter { suppressions.holds($0.mailbox, in: message.project, at: now) }.map(\.key)
    }
}
