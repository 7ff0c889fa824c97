// KeyJSON.swift — keys and projects as users see them (openapi.yaml: ApiKey, Whoami, Project).

import Events
import JSON
import Queue

/// A key with what is known beside its row.
struct ShownKey: Sendable {
    let key: APIKey
    let lastUse: Timestamp?
    /// Nil for the default one: who needs no other never sees the word.
    let project: ProjectUID?
    /// The key itself, in the clear: shown by the answer that makes it, and by no other.
    var text: String?

    init(_ key: APIKey, in access: AccessDirectory, text: String? = nil) {
        (self.key, self.text) = (key, text)
        lastUse = access.lastUse(of: key.id)
        project = key.project == .default ? nil : access[key.project]?.uid
    }
}

extension JSONWriter {
    mutating func value(_ shown: ShownKey) {
        let key = shown.key
        object {
            $0.member("object", "api_key")
            $0.member("id", key.id.description)
            $0.member("name", key.name)
            $0.member("prefix", key.secret.prefix)
            if let project = shown.project { $0.member("project", project.description) }
            $0.members(of: key.grant, mode: key.mode)
            $0.member("created_at", key.createdAt.rfc3339)
            $0.member("last_used_at", shown.lastUse?.rfc3339)
            $0.member("previous_valid_until", key.previous?.until.rfc3339)
            if let text = shown.text { $0.member("key", text) }
        }
    }

    /// Of the root key there is no more to say than what it may.
    mutating func whoami(_ caller: Caller, project: ProjectUID?, rateLimit: Int?) {
        var grant = caller.key?.grant ?? APIKey.Grant(scopes: caller.scopes)
        grant.rateLimit = rateLimit
        object {
            $0.member("object", "whoami")
            $0.member("id", caller.key?.id.description)
            $0.member("name", caller.key?.name ?? "root key")
            $0.member("prefix", caller.key?.secret.prefix)
            if let project { $0.member("project", project.description) }
            $0.members(of: grant, mode: caller.mode)
        }
    }

    mutating func value(_ project: Project) {
        object {
            $0.member("object", "project")
            $0.member("id", project.uid.description)
            $0.member("name", project.name)
            $0.member("created_at", project.createdAt.rfc3339)
        }
    }

    private mutating func members(of grant: APIKey.Grant, mode: KeyMode) {
        let scopes = Scope.allCases.filter(grant.scopes.contains)
        member("scopes", array: { for scope in scopes { $0.string(scope.rawValue) } })
        member("mode", mode.rawValue)
        member("from_domains", array: { for domain in grant.fromDomains { $0.string(domain.ascii) } })
        member("allowed_ips", array: { for network in grant.allowedNetworks { $0.string(network.description) } })
        member("expires_at", grant.expiresAt?.rfc3339)
        member("rate_limit", grant.rateLimit)
    }
}
