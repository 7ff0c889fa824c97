// DispatchState+Changes.swift — what users change of recipients that are held, waited for, or just being read, and of destinations.

import Mail
import Queue

extension DispatchState {
    /// When to look on disk for those let go without an attempt: they may be due there still, if what barred them was
    /// never written.
    static var pauseAfterWithdrawal: Duration { .seconds(1) }

    /// Takes on what a commit has changed, in the order of commits.
    mutating func apply(_ changes: [QueueChange], at now: Timestamp) {
        for change in changes {
            switch change {
            case .withdrawn(let recipients):
                for recipient in recipients { withdraw(recipient) }
            case .due(let message):
                admit(message, at: now)
            case .urged(let message):
                for domain in Set(message.recipients.map(\.mailbox.domain)) { liftBackOff(of: domain, at: now) }
                admit(message, at: now)
            case .flushed(let domain):
                leaveOnDisk(domain, until: now)
                liftBackOff(of: domain, at: now)
            case .paused(let domain): pause(domain)
            case .resumed(let domain):
                paused.remove(domain)
                refill(domain, at: now)
            }
        }
    }

    /// What is held goes back to disk as soon as somebody looks at its attempt. The end of transactions under way is awaited.
    private mutating func pause(_ domain: Domain) {
        paused.insert(domain)
        if let destination = destinations[domain] { withdrawn.formUnion(destination.allHeld) }
    }

    private mutating func withdraw(_ recipient: WithdrawnRecipient) {
        guard let destination = destinations[recipient.domain] else { return }
        if destination.holds(recipient.key) { withdrawn.insert(recipient.key) }
        // The rows being read may be those of before.
        if destination.isFetching { destinations[recipient.domain]?.releasedWhileFetching.insert(recipient.key) }
    }

    /// The destination and its hosts may be asked at once. What they answer counts as ever: if they are still dead, this
    /// costs a connection.
    private mutating func liftBackOff(of domain: Domain, at now: Timestamp) {
        destinations[domain, default: DestinationState()].pausedUntil = nil
        destinations[domain]?.isUrged = true
        // To be looked up anew, so that the hosts are those of now.
        if case .known = destinations[domain]?.routing { destinations[domain]?.routing = .unknown }
        if let due = destinations[domain]?.dueOnDisk, due <= now { refill(domain, at: now) }
    }
}
