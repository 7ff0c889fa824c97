// MessageFilter.swift — which messages a list shows, and that in SQL.

import Mail

/// Every member that is set must hold.
package struct MessageFilter: Sendable {
    package var status: MessageStatus?
    /// A recipient's mailbox.
    package var to: Mailbox?
    /// The From's mailbox, whatever the name beside it.
    package var from: Mailbox?
    /// A recipient's domain.
    package var domain: Domain?
    package var tags: [String: String]
    package var externalID: String?
    /// Accepted at or after.
    package var createdAfter: Timestamp?
    /// Accepted before.
    package var createdBefore: Timestamp?

    package init(
        status: MessageStatus? = nil, to: Mailbox? = nil, from: Mailbox? = nil, domain: Domain? = nil,
        tags: [String: String] = [:]
    ) {
        (self.status, self.to, self.from, self.domain, self.tags) = (status, to, from, domain, tags)
    }
}

/// Conditions that all must hold, with the values of their parameters in order.
struct Conditions {
    private var parts: [String] = []
    private(set) var values: [any SQLValue] = []

    var sql: String { parts.joined(separator: " AND ") }

    mutating func add(_ condition: String, _ values: any SQLValue...) { add(condition, values) }

    mutating func add(_ condition: String, _ values: [any SQLValue]) {
        parts.append("(" + condition + ")")
        self.values += values
    }

    /// Of `messages m`: it has all of them.
    mutating func add(tags: [String: String]) {
        for (name, value) in tags {
            add("EXISTS (SELECT 1 FROM json_each(m.tags) WHERE key = ? AND value = ?)", name, value)
        }
    }
}

extension MessageFilter {
    /// On `messages m`.
    func conditions(at now: Timestamp) -> Conditions {
        var conditions = Conditions()
        if let status { conditions.add(status, at: now) }
        if let to { conditions.add(Self.hasRecipient("domain = ? AND local_part = ?"), to.domain, to.localPart) }
        if let from { conditions.add(from: from) }
        if let domain { conditions.add(Self.hasRecipient("domain = ?"), domain) }
        conditions.add(tags: tags)
        if let externalID { conditions.add("m.external_id = ?", externalID) }
        if let createdAfter { conditions.add("m.accepted_at >= ?", createdAfter) }
        if let createdBefore { conditions.add("m.accepted_at < ?", createdBefore) }
        return conditions
    }

    fileprivate static func hasRecipient(_ condition: String) -> String {
        "EXISTS (SELECT 1 FROM recipients WHERE message = m.id AND \(condition))"
    }
}

extension Conditions {
    /// `m.sender` is as the caller wrote it, but for U-labels: `Name <local@domain>`, or without the name and brackets.
    fileprivate mutating func add(from mailbox: Mailbox) {
        let start = mailbox.localPart + "@"
        var forms: [String] = []
        var values: [any SQLValue] = []
        for domain in Set([mailbox.domain.ascii, mailbox.domain.unicode]) {
            for (start, end) in [(start, domain), ("<" + start, domain + ">")] {
                let length = start.unicodeScalars.count
                let fits = end == domain ? "length(m.sender) = ?" : "length(m.sender) > ?"
                forms.append("\(fits) AND substr(m.sender, -?, ?) = ? AND lower(substr(m.sender, -?)) = ?")
                let whole = length + end.unicodeScalars.count
                values += [whole, whole, length, start, end.unicodeScalars.count, end] as [any SQLValue]
            }
        }
        add(forms.joined(separator: " OR "), values)
    }

    /// Says in SQL what `MessageStatus.init(of:)` says in Swift.
    fileprivate mutating func add(_ status: MessageStatus, at now: Timestamp) {
        func has(_ condition: String) -> String { MessageFilter.hasRecipient(condition) }
        let isUnderWay = has(
            "state = 'queued' AND NOT (attempts = 0 AND next_attempt_at > ? AND delay_notice_at IS NOT NULL)")
        switch status {
        case .scheduled: add("m.finished_at IS NULL AND NOT \(isUnderWay)", now)
        case .queued: add("m.finished_at IS NULL AND \(isUnderWay)", now)
        case .delivered: add("m.finished_at IS NOT NULL AND NOT \(has("state <> 'delivered'"))")
        case .partiallyDelivered:
            add("m.finished_at IS NOT NULL AND \(has("state = 'delivered'")) AND \(has("state <> 'delivered'"))")
        case .undelivered:
            add("m.finished_at IS NOT NULL AND NOT \(has("state = 'delivered'")) AND \(has("state <> 'canceled'"))")
        case .canceled: add("m.finished_at IS NOT NULL AND NOT \(has("state <> 'canceled'"))")
        }
    }
}
