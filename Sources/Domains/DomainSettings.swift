// DomainSettings.swift — what the records of sending domains depend on, and how long their keys are kept.

import Mail
import Queue

package struct DomainSettings: Sendable {
    /// The host that mail leaves from, lower case: SPF records name it.
    package let hostname: String
    /// Where bounces come back to; nil: to the reverse-path that each message has.
    package let bounceDomain: Domain?
    /// How long a message may be under way (`delivery.lifetime`).
    package let lifetime: Duration
    /// Of a relay that all mail goes through, as an SPF mechanism: `a:HOST`, `ip4:…` or `ip6:…`. Which addresses it sends
    /// from is its own affair, so no SPF record is needed then.
    package var relayMechanism: String?

    package init(hostname: String, bounceDomain: Domain? = nil, lifetime: Duration) {
        (self.hostname, self.bounceDomain, self.lifetime) = (hostname.lowercased(), bounceDomain, lifetime)
    }

    /// What SPF records are to let send.
    var sender: String { relayMechanism ?? "a:\(hostname)" }

    /// A receiver may look a signature's key up some days after it took the message.
    var retirement: Duration { lifetime + .seconds(2 * 86_400) }
}
