// KeyRequest.swift — the bodies of POST and PATCH /v1/api-keys.

import Address
import JSON
import Mail
import Queue

/// What a key is to be. Of what its maker leaves out, it has as much as the maker.
struct KeyRequest: Sendable {
    enum Member: String, CaseIterable, Sendable {
        case name, scopes, mode, project
        case fromDomains = "from_domains", allowedIPs = "allowed_ips", expiresAt = "expires_at"
        case rateLimit = "rate_limit"
    }

    let name: String
    let mode: KeyMode
    let grant: APIKey.Grant
    let namesScopes: Bool
    /// Nil: its maker's.
    let project: String?

    init(_ body: JSONValue, by caller: Caller, at now: Timestamp) throws(Problem) {
        var reader = try BodyReader<Member>(body)
        name = reader.name(.name) ?? ""
        if reader[.name] == nil { reader.fail(.name, .required, "A key needs a name, for you to know it again.") }
        mode = reader.choice(.mode) ?? caller.mode
        project = reader.string(.project)
        namesScopes = reader[.scopes] != nil
        var grant = caller.key?.grant ?? APIKey.Grant(scopes: caller.scopes)
        for member in KeyRequest.Member.ofGrant where reader[member] != nil { reader.set(member, of: &grant, at: now) }
        self.grant = grant
        try reader.finish()
    }
}

extension APIKey {
    /// As it is to be. `null` takes a bound away; what is not said stays.
    func changed(by body: JSONValue, at now: Timestamp) throws(Problem) -> APIKey {
        var reader = try BodyReader<KeyRequest.Member>(body, among: [.name] + KeyRequest.Member.ofGrant)
        var key = self
        if let name = reader.name(.name) { key.name = name }
        for member in KeyRequest.Member.ofGrant where reader.isSent(member) {
            reader.set(member, of: &key.grant, at: now)
        }
        try reader.finish()
        return key
    }
}

extension KeyRequest.Member {
    fileprivate static let ofGrant: [KeyRequest.Member] = [.scopes, .fromDomains, .allowedIPs, .expiresAt, .rateLimit]
}

enum KeyLimits {
    static let domains = 100
    static let networks = 100
    static let requestsPerSecond = 1_000_000
    /// That the secret of a rolled key lives on.
    static let graceDays = 30
}

extension BodyReader<KeyRequest.Member> {
    /// Reads one member of a grant; null makes it as wide as there is, but for scopes, of which a key has some.
    fileprivate mutating func set(_ member: Member, of grant: inout APIKey.Grant, at now: Timestamp) {
        switch member {
        case .scopes:
            grant.scopes = Set(choices(.scopes))
            if isEmpty(.scopes) { fail(.scopes, .invalidValue, "A key needs at least one scope.") }
        case .fromDomains: grant.fromDomains = domains()
        case .allowedIPs: grant.allowedNetworks = networks()
        case .expiresAt: grant.expiresAt = future(.expiresAt, at: now)
        case .rateLimit: grant.rateLimit = integer(.rateLimit, in: 1...KeyLimits.requestsPerSecond)
        case .name, .mode, .project: break
        }
    }

    private mutating func domains() -> [Domain] {
        texts(.fromDomains, atMost: KeyLimits.domains) { text throws(ElementFault) in
            do throws(AddressError) { return try Domain(parsing: text) } catch {
                throw ElementFault(code: .invalidValue, detail: error.description)
            }
        }
    }

    private mutating func networks() -> [Network] {
        texts(.allowedIPs, atMost: KeyLimits.networks) { text throws(ElementFault) in
            if let network = Network(text) { return network }
            let detail = "Must be an IP address or a CIDR such as 203.0.113.0/24, no bit set behind."
            throw ElementFault(code: .invalidValue, detail: detail)
        }
    }
}
