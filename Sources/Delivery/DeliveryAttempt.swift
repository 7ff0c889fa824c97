// DeliveryAttempt.swift — one message on its way to one destination: which hosts it has tried, and what they said.
//
// A value that moves from the destination to a host's queue, to a worker, and back if the host fails. Its life ends
// in one `AttemptRecord`, or in none if no host could be asked.

import Mail
import Queue

package struct DeliveryAttempt: Sendable {
    /// With the recipients of this destination that are still to be delivered to.
    package internal(set) var message: ReadyMessage
    package let destination: Domain
    /// The hosts that may still be asked, best first.
    var hops: ArraySlice<Hop> = []
    /// The hop that it waits for or is tried at.
    var hop: Hop?
    /// When the first host was asked.
    var startedAt: Timestamp?
    /// What was said so far, all hosts (see `AttemptRecord.transcript`).
    var transcript = ""
    /// Why the last host asked did not take it.
    var lastFailure: HostFailure?
    /// Hosts that might have taken it on a better day: left alone, or failed for the moment.
    var missedHosts: [String] = []
    /// Encryption of the last session.
    var tls: String?
    /// It was lost once with a session that had served before.
    var isRetried = false

    package init(message: ReadyMessage, destination: Domain) {
        (self.message, self.destination) = (message, destination)
    }

    /// Notes that a host was asked and failed.
    mutating func fail(at failed: FailedTry) {
        startedAt = startedAt ?? failed.startedAt
        transcript += failed.transcript
        // Its own, if it has one: the session may have been opened for another name of the host.
        hop = hop ?? failed.hop
        lastFailure = failed.failure
        if failed.failure.kind == .transient { missedHosts.append((hop ?? failed.hop).host) }
    }

    /// The last host asked was not its only chance.
    var hasMissedAnotherHost: Bool { missedHosts.contains { $0 != hop?.host } }
}

extension DeliveryAttempt {
    /// Takes out the recipients whose fate is decided, as an attempt of their own to be recorded. What is left goes on;
    /// nothing is left if all were decided.
    mutating func split(
        off verdicts: [(index: Int, verdict: Verdict)]
    ) -> (attempt: DeliveryAttempt, verdicts: [(recipient: ReadyRecipient, verdict: Verdict)]) {
        let recipients = message.recipients
        let decided = verdicts.map { (recipient: recipients[$0.index], verdict: $0.verdict) }
        var part = self
        if decided.count == recipients.count {
            message.recipients = []
            return (part, decided)
        }
        part.message.recipients = decided.map(\.recipient)
        // The content stays with what goes on, which also answers for its memory.
        part.message.content = nil
        let indices = Set(verdicts.map(\.index))
        message.recipients = recipients.indices.filter { !indices.contains($0) }.map { recipients[$0] }
        return (part, decided)
    }
}

extension DeliveryAttempt {
    /// Takes out those who are not to be attempted; nil if there are none. What is left goes on; nothing is left if all
    /// were taken out.
    mutating func split(off keys: Set<RecipientKey>) -> DeliveryAttempt? {
        var part = self
        part.message.recipients = message.recipients.filter { keys.contains($0.key) }
        guard !part.message.recipients.isEmpty else { return nil }
        message.recipients.removeAll { keys.contains($0.key) }
        // The content stays with what goes on, as above.
        if !message.recipients.isEmpty { part.message.content = nil }
        return part
    }

    /// Puts recipients that need SMTPUTF8 behind the others, so that two transactions can have one kind each.
    mutating func putASCIIFirst() {
        guard message.recipients.count > 1 else { return }
        let international = message.recipients.filter { $0.mailbox.needsSMTPUTF8 }
        guard !international.isEmpty else { return }
        message.recipients = message.recipients.filter { !$0.mailbox.needsSMTPUTF8 } + international
    }
}

/// A host that was asked in vain.
struct FailedTry: Sendable {
    let hop: Hop
    let failure: HostFailure
    let transcript: String
    let startedAt: Timestamp
}

/// Why a host did not take a message, in the scope of the host.
package struct HostFailure: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Another try may do.
        case transient
        /// It said 5yz before any message was spoken of.
        case permanent(replyCode: Int, enhancedCode: String?)
        /// It offers no TLS, and the message must not go without.
        case noTLS
    }
    package var kind: Kind
    /// The reply, or in words what happened.
    package var text: String
    package init(kind: Kind, text: String) { (self.kind, self.text) = (kind, text) }
}
