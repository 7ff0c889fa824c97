// QueueChange.swift — what a commit has changed of queued recipients that Delivery holds or waits for, and of destinations.

import Mail

package enum QueueChange: Sendable {
    /// No longer to be attempted as they are known: final now, or due at another time.
    case withdrawn([WithdrawnRecipient])
    /// Due at `dueAt` instead of what was said before.
    case due(ReadyMessage)
    /// Due now, and to be tried although their destinations or hosts are being left alone.
    case urged(ReadyMessage)
    /// Recipients of this destination are due now on disk, and to be tried as if they were `urged`.
    case flushed(Domain)
    /// Nothing is to be attempted there until `resumed`.
    case paused(Domain)
    case resumed(Domain)
}

package struct WithdrawnRecipient: Sendable {
    package let key: RecipientKey
    package let domain: Domain
    package init(key: RecipientKey, domain: Domain) { (self.key, self.domain) = (key, domain) }
}
