// DeliverySettings.swift — what an operator may set about delivery, and the bounds that keep its memory small.

import Mail
import Queue

package struct DeliverySettings: Sendable {
    package var schedule = RetrySchedule(waits: [
        .minutes(5), .minutes(10), .minutes(20), .minutes(30), .hours(1), .hours(2), .hours(4),
    ])
    package var delayNoticeAfter: Duration = .hours(4)
    /// Open SMTP sessions in all, and to one address.
    package var maxSessions = 1000
    package var maxSessionsPerHost = 10
    /// Transactions, to be exact. Then QUIT, and a new one if there is more.
    package var messagesPerSession = 100
    /// Never deliver in clear text, whatever the message says.
    package var requireTLS = false
    /// An idle session is kept this long for the next message to its host.
    package var idleSession: Duration = .seconds(5)
    /// RFC 5321 §4.5.3.1.8 — every server takes 100 recipients in a transaction.
    package var recipientsPerTransaction = 100
    /// Whoever's mailbox turns out to be dead is suppressed.
    package var suppressesDeadMailboxes = true
    /// Where messages for the sandbox go. Nil: nowhere, they wait.
    package var sandbox: Hop?
    /// By which the sandbox knows that it is us who say whose message it gets.
    package var sandboxToken = ""

    /// Recipients in memory, in all and of one destination; the rest waits on disk.
    package var maxHeld = 20_000
    package var maxHeldPerDestination = 2_000
    /// Recipients of mail for the sandbox, beside those.
    package var maxHeldSandbox = 500
    /// Bytes of contents in memory; past it they are read back when their turn comes.
    package var maxContentBytes = 64 << 20

    package init() {}
}

extension Duration {
    package static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
    package static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }
    package static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
