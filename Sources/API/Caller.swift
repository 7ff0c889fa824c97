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
    /// SHA-256 of what stood for the key; nil for the root key.
    let bearer: [UInt8]?

    /// Of a request that needs no key.
    static let nobody = Caller(project: ProjectID(rawValue: 0), scopes: [])
    package static let root = Caller(project: .default, scopes: Set(Scope.allCases), isRoot: true)

    package init(_ key: APIKey, bearer: [UInt8]) {
        self.init(project: key.project, scopes: key.grant.scopes, key: key, bearer: bearer)
    }

    package init(project: ProjectID, scopes: Set<Scope>) {
        self.init(project: project, scopes: scopes, key: nil, bearer: nil)
    }

    private init(
        project: ProjectID, scopes: Set<Scope>, key: APIKey? = nil, isRoot: Bool = false, bearer: [UInt8]? = nil
    ) {
        (self.project, self.scopes, self.key) = (project, scopes, key)
        (self.isRoot, self.bearer) = (isRoot, bearer)
    }

    /// Whether what is sent may leave the machine.
    package var mode: KeyMode { key?.mode ?? .live }

    /// Throws `forbidden` if the key may not send from this domain.
    func checkSender(_ domain: Domain) throws(Problem) {
        guard let allowed = key?.grant.fromDomains, !allowed.isEmpty, !allowed.contains(domain) else { return }
        let names = allowed.map(\.ascii).joined(separator: ", ")
        throw Problem(.forbidden, "This key may not send from \(domain), only from \(names).")
    }

    /// Throws `forbidden` if bounces may not go there: to these domains, and to what is below them.
    func checkReturnPath(_ domain: Domain) throws(Problem) {
        guard let allowed = key?.grant.fromDomains, !allowed.isEmpty,
            !domain.withParents.contains(where: allowed.contains)
        else { return }
        let names = allowed.map(\.ascii).joined(separator: ", ")
        throw Problem(.forbidden, "This key may not have bounces sent to \(domain), only to \(names) or below.")
    }
}

extension Domain {
    /// It, and each that it is below, nearest first.
    var withParents: [Domain] {
        let labels = ascii.split(separator: ".")
        return isLiteral ? [self] : labels.indices.map { Domain(trusted: labels[$0...].joined(separator: ".")) }
    }
}
