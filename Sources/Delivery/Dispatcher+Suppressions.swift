// Dispatcher+Suppressions.swift — who has become suppressed since the message was accepted is not attempted any more.

import Queue

extension Dispatcher {
    /// Takes those who are suppressed out of an attempt and makes them final. False if that can never be recorded: then
    /// nothing may be sent either.
    func dropSuppressed(from attempt: inout DeliveryAttempt) async -> Bool {
        let found = suppressed(among: attempt.message)
        guard !found.isEmpty else { return true }
        guard let written = await recorder.writeSuppressed(found.map(\.key)) else { return false }
        if let part = attempt.split(off: written) { release(part, deferredUntil: nil) }
        return true
    }

    /// The same for what has just been read from disk, so that no host is asked for them; in one commit for all of them.
    /// Those whose end cannot be recorded stay: whoever is to attempt them looks again.
    func withoutSuppressed(_ messages: [ReadyMessage]) async -> [ReadyMessage] {
        guard !house.store.suppressions.isEmpty else { return messages }
        let found = messages.flatMap { suppressed(among: $0).map(\.key) }
        guard !found.isEmpty, let written = await recorder.writeSuppressed(found) else { return messages }
        var kept = messages
        for index in kept.indices { kept[index].recipients.removeAll { written.contains($0.key) } }
        return kept.filter { !$0.recipients.isEmpty }
    }

    private func suppressed(among message: ReadyMessage) -> [ReadyRecipient] {
        let suppressions = house.store.suppressions
        guard !suppressions.isEmpty, !message.ignoresSuppressions else { return [] }
        let now = house.clock.now
        return message.recipients.filter { suppressions.holds($0.mailbox, in: message.project, at: now) }
    }
}
