// QueueStore+Events.swift — the event log, each event joined with what it says about its message.

import GRDB

extension QueueStore {
    /// Oldest first; nil if there is no such message.
    package func events(of id: MessageID, in project: ProjectID) async throws(StoreFailure) -> [Event]? {
        try await read { database in
            guard let key = try database.key(of: id, in: project) else { return nil }
            return try database.all(
                Event.select + "WHERE e.message = ? ORDER BY e.seq", key, read: { try $0.event() })
        }
    }

    /// The log after `seq`, oldest first. Looks at `logScan` rows of it at most.
    package func events(
        in project: ProjectID, after seq: Int64, matching filter: EventFilter = EventFilter(), limit: Int
    ) async throws(StoreFailure) -> EventPage {
        try await read { [logScan] database in
            var conditions = filter.conditions(in: project, after: seq)
            // Those of one message are found by an index, and are few.
            let end = filter.message == nil ? try database.endOfScan(after: seq, rows: logScan) : nil
            if let end { conditions.add("e.seq <= ?", end) }
            let events = try database.all(
                composed: Event.select + "WHERE \(conditions.sql) ORDER BY e.seq LIMIT ?", conditions.values + [limit],
                read: { try $0.event() })
            return EventPage(events: events, scannedThrough: events.count < limit ? end : nil)
        }
    }

    /// The log of all projects after `seq`, oldest first.
    package func events(after seq: Int64, limit: Int) async throws(StoreFailure) -> [Event] {
        try await read { database in
            try database.all(
                Event.select + "WHERE e.seq > ? ORDER BY e.seq LIMIT ?", seq, limit, read: { try $0.event() })
        }
    }
}

extension WriteTransaction {
    /// An event that is about no message: `data` is all that it says.
    mutating func appendEvent(_ type: EventType, of project: ProjectID, at time: Timestamp, data: String) throws {
        try database.run(
            "INSERT INTO events (seq, uid, project, type, at, data) VALUES (?, ?, ?, ?, ?, ?)", nextEvent,
            EventID(at: time), project, type, time, data)
        nextEvent += 1
    }
}

extension Event {
    /// An event of a test or a domain has no message, any but the first few types have no verdict: all joins but the
    /// first may miss.
    static let select = """
        SELECT e.seq, e.uid, e.project, e.type, e.at, e.data, m.uid, m.rfc_message_id, m.external_id, m.sender, m.subject, m.tags,
          m.metadata, m.is_sandbox, r.uid, r.local_part, r.domain, r.original, r.role, e.number, a.uid, a.host, a.address,
          \(Columns.verdict)
        FROM events e LEFT JOIN messages m ON m.id = e.message
          LEFT JOIN recipients r ON r.message = e.message AND r.position = e.position
          LEFT JOIN attempts a ON a.id = e.attempt LEFT JOIN verdicts v ON v.event = e.seq

        """
}

extension Columns {
    /// As `verdict()` reads them.
    static let verdict = "v.kind, v.category, v.reply_code, v.enhanced_code, v.host, v.reason, v.detail, v.reply"

    mutating func verdict() throws -> (Bounce?, Failure?) {
        let kind: Bounce.Kind? = try optional { try $0.oneOf() }
        let category = text(), code = Int(int()), enhanced = optional { $0.text() }, host = optional { $0.text() }
        let reason: Failure.Reason? = try optional { try $0.oneOf() }
        let detail = text(), reply = optional { $0.text() }
        let bounce = kind.map {
            Bounce(
                kind: $0, category: category, replyCode: code, enhancedCode: enhanced, message: reply ?? "", host: host)
        }
        return (bounce, reason.map { Failure(reason: $0, detail: detail, lastReply: reply) })
    }

    /// As `Event.select` has them.
    mutating func event() throws -> Event {
        var event = Event(
            seq: int(), id: try identifier(), project: ProjectID(rawValue: int()), type: try oneOf(), timestamp: time(),
            message: nil)
        event.data = optional { $0.text() }
        event.message = try eventMessage()
        event.attempt = try eventAttempt()
        (event.bounce, event.failure) = try verdict()
        return event
    }

    private mutating func eventMessage() throws -> Event.Message? {
        guard !isNull else {
            skip(13)
            return nil
        }
        let id = try identifier(MessageKind.self)
        let rfcMessageID = text(), externalID = optional { $0.text() }, from = text(), subject = text()
        let tags = try [String: String](column: optional { $0.bytes() })
        let metadata = try [String: String](column: optional { $0.bytes() })
        let isSandbox = int() == 1
        var message = Event.Message(
            messageID: id, rfcMessageID: rfcMessageID, externalID: externalID, recipientID: try identifier(),
            address: mailbox().original, role: try oneOf(), from: from, subject: subject, tags: tags,
            metadata: metadata)
        message.isSandbox = isSandbox
        return message
    }

    private mutating func eventAttempt() throws -> Event.Attempt? {
        guard !isNull else {
            skip(4)
            return nil
        }
        let number = Int(int())
        return Event.Attempt(
            id: try identifier(), number: number, host: optional { $0.text() }, address: optional { $0.text() })
    }
}
