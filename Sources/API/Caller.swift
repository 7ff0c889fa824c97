// Caller.swift — who asks, as their key says: for which project, and what they may do.

import Mail
import Queue

/// Whoever a key stands for. The root key, and in dev mode this machine, may do everything in the default project, and
/// alone see to projects.
package struct Caller: Sendable, Equatable {
    package let project: ProjectID
    package let scopes: Set<Scope>
    /// Nil for the root key.
    package let key: APIKey?
    package let isRoot: Bool

    /// Of a request that needs no key.
    static let nobody = Caller(project: ProjectID(rawValue: 0), scopes: [])
    package static let root = Caller(project: .default, scopes: Set(Scope.allCases), isRoot: true)

    package init(_ key: APIKey) { self.init(project: key.project, scopes: key.grant.scopes, key: key) }

    package init(project: ProjectID, scopes: Set<Scope>) { self.init(project: project, scopes: scopes, key: nil) }

    private init(project: ProjectID, scopes: Set<Scope>, key: APIKey? = nil, isRoot: Bool = false) {
        (self.project, self.scopes, self.key, self.isRoot) = (project, scopes, key, isRoot)
    }

    /// Whether what is sent may leave the machine.
    package var mode: KeyMode { key?.mode ?? .live }

    /// Throws `forbidden` if the key may not send from this domain.
    func checkSender(_ domain: Domain) throws(Problem) {
        guard let allowed = key?.grant.fromDomains, !allowed.isEmpty, !allowed.contains(domain) else { return }
        let names = allowed.map(\.ascii).joined(separator: ", ")
        throw Problem(.forbidden, "This key may not send from \(domain), only from \(names).")
    }
}
