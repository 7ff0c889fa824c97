// SendingDomainDirectory.swift — every sending domain, in memory: accepting and signing a message ask for one each time.

import Mail
import Synchronization

/// Follows each commit before whoever asked for the change goes on.
package final class SendingDomainDirectory: Sendable {
    private let domains = Mutex<[SendingDomainName: SendingDomain]>([:])

    package init() {}

    /// The domain of just this name and project, as of the last commit.
    package subscript(name: SendingDomainName) -> SendingDomain? { domains.withLock { $0[name] } }

    /// In no order.
    package var all: [SendingDomain] { domains.withLock { Array($0.values) } }

    /// Newest first; `before` is the key of the last one of the page before.
    package func page(in project: ProjectID, before: Int64?, limit: Int) -> [SendingDomain] {
        all.filter { $0.project == project }.newestFirst(by: \.key, before: before, limit: limit)
    }

    /// After a commit. Nil takes the domain out.
    func set(_ domain: SendingDomain?, for name: SendingDomainName) { domains.withLock { $0[name] = domain } }
}
