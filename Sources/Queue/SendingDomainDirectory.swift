// SendingDomainDirectory.swift — every sending domain, in memory: accepting and signing a message ask for one each time.

import Mail
import Synchronization

package final class SendingDomainDirectory: Sendable {
    private let domains = Mutex<[Domain: SendingDomain]>([:])

    package init() {}

    /// The domain of just this name, as of the last commit.
    package subscript(name: Domain) -> SendingDomain? { domains.withLock { $0[name] } }

    /// After a commit. Nil takes the domain out.
    func set(_ domain: SendingDomain?, for name: Domain) { domains.withLock { $0[name] = domain } }
}
