// RegisteredDomain.swift — a sending domain with the records it should have, as users see it (openapi.yaml: Domain).

import Events
import JSON
import Queue

package struct RegisteredDomain: Sendable {
    package let domain: SendingDomain
    package let records: [PublishedRecord]

    init(_ domain: SendingDomain, _ settings: DomainSettings) {
        (self.domain, records) = (domain, domain.records(settings))
    }

    /// The `data` of its `domain.failing`.
    var eventData: String {
        var writer = JSONWriter(reservingCapacity: 2048)
        writer.object {
            $0.key("domain")
            $0.value(self)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    package mutating func value(_ registered: RegisteredDomain) {
        let domain = registered.domain
        object {
            $0.member("object", "domain")
            $0.member("id", domain.id.description)
            $0.member("name", domain.original)
            $0.member("ascii_name", domain.name.ascii)
            $0.member("status", domain.status.rawValue)
            $0.member("created_at", domain.createdAt.rfc3339)
            $0.member("checked_at", domain.checkedAt?.rfc3339)
            $0.member("records", array: { for record in registered.records { $0.value(record) } })
            $0.member("dkim_keys", array: { for key in domain.keys { $0.value(key) } })
        }
    }

    private mutating func value(_ record: PublishedRecord) {
        object {
            $0.member("purpose", record.purpose.rawValue)
            $0.member("type", record.kind.rawValue)
            $0.member("name", record.name)
            $0.member("value", record.value)
            $0.member("status", record.status.rawValue)
            $0.member("found", array: { for text in record.found { $0.string(text) } })
            $0.member("detail", record.detail)
        }
    }

    private mutating func value(_ key: DKIMKeyRow) {
        object {
            $0.member("selector", key.selector)
            $0.member("algorithm", key.algorithm)
            $0.member("state", key.state.rawValue)
            $0.member("created_at", key.createdAt.rfc3339)
        }
    }
}
