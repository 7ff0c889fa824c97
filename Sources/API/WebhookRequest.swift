// WebhookRequest.swift — the body that makes or changes an endpoint: POST /v1/webhooks, PATCH …/{id}.

import JSON
import Queue

/// What an endpoint's owner sets. A member that is left out keeps what is there, or the default; null is the default; and
/// `tags` and `headers` are changed name by name (RFC 7396).
struct WebhookRequest: Sendable {
    enum Member: String, CaseIterable, Sendable {
        case url, description, types, tags, headers
        case timeoutSeconds = "timeout_seconds", maxConcurrency = "max_concurrency"
    }

    /// What becomes of a map: nil for a name takes it away.
    enum MapChange: Sendable {
        case keep, clear
        case merge([String: String?])
    }

    let url: String?
    /// In its outer optional: whether it is set at all.
    let description: String??
    let types: [EventType]?
    let tags: MapChange
    let headers: MapChange
    let timeoutSeconds: Int?
    let maxConcurrency: Int?

    /// - isNew: there is no endpoint yet.
    init(_ body: JSONValue, isNew: Bool, urlFault: (String) -> String?) throws(Problem) {
        var reader = try BodyReader<Member>(body)
        url = reader.endpointURL(isNew: isNew, fault: urlFault)
        let text = reader.headerText(.description, maximumBytes: 1000)
        description = reader.isNull(.description) ? .some(nil) : text.map { .some($0) }
        types = reader.isSent(.types) ? reader.choices(.types) : nil
        tags = reader.mapChange(.tags, limit: SendLimits.tags) { name, value in
            value.flatMap { tagFault(name: name, value: $0) }
        }
        headers = reader.mapChange(.headers, limit: EndpointHeaders.maximumCount, headerFault)
        let timeout = reader.integer(.timeoutSeconds, in: 1...30)
        timeoutSeconds = timeout ?? (reader.isNull(.timeoutSeconds) ? Endpoint.defaultTimeoutSeconds : nil)
        let concurrency = reader.integer(.maxConcurrency, in: 1...50)
        maxConcurrency = concurrency ?? (reader.isNull(.maxConcurrency) ? Endpoint.defaultConcurrency : nil)
        try reader.finish()
    }

    /// Throws what only the change and what is there together can break.
    func checkSizes(tags: [String: String], headers: EndpointHeaders) throws(Problem) {
        func fail(_ member: Member, _ detail: String) -> Problem {
            .validation([FieldError(pointer: "#/\(member.rawValue)", code: .tooMany, detail: detail)])
        }
        let headers = EndpointHeaders(self.headers.applied(to: headers.values))
        if self.tags.applied(to: tags).count > SendLimits.tags {
            throw fail(.tags, "A webhook has at most \(SendLimits.tags) tags.")
        }
        if headers.values.count > EndpointHeaders.maximumCount {
            throw fail(.headers, "A webhook has at most \(EndpointHeaders.maximumCount) header fields.")
        }
        if headers.size > EndpointHeaders.maximumBytes {
            let limit = EndpointHeaders.maximumBytes
            throw fail(.headers, "The header fields have \(headers.size) bytes together; at most \(limit) are allowed.")
        }
    }

    /// Everything but `headers`, which are sealed.
    func apply(to endpoint: inout Endpoint) {
        if let url { endpoint.url = url }
        if let description { endpoint.description = description }
        if let types { endpoint.types = types }
        endpoint.tags = tags.applied(to: endpoint.tags)
        if let timeoutSeconds { endpoint.timeoutSeconds = timeoutSeconds }
        if let maxConcurrency { endpoint.maxConcurrency = maxConcurrency }
    }
}

extension WebhookRequest.MapChange {
    func applied(to map: [String: String]) -> [String: String] {
        switch self {
        case .keep: return map
        case .clear: return [:]
        case .merge(let changes):
            var map = map
            for (name, value) in changes { map[name] = value }
            return map
        }
    }
}

/// As answers show the value of a header field, whatever it is.
let headerMask = "***"

private func headerFault(name: String, value: String?) -> (FieldError.Code, String)? {
    if value == headerMask {
        return (.invalidValue, "This is how values are hidden, not a value. Leave the name out to keep what is there.")
    }
    // A name that is taken away must be one too.
    guard let fault = EndpointHeaders.fault(name: name, value: value ?? "x") else { return nil }
    switch fault {
    case .name, .emptyValue, .blankEnds: return (.invalidValue, fault.description)
    case .reserved: return (.notAllowed, fault.description)
    case .longValue: return (.tooLong, fault.description)
    case .valueBytes: return (.controlCharacter, fault.description)
    }
}

extension BodyReader where Member == WebhookRequest.Member {
    fileprivate mutating func endpointURL(isNew: Bool, fault: (String) -> String?) -> String? {
        let url = headerText(.url, maximumBytes: 2048)
        if self[.url] == nil {
            if isNew || isNull(.url) { fail(.url, .required, "A webhook needs a url.") }
        } else if let url, errors.isEmpty, let fault = fault(url) {
            fail(.url, .invalidURL, fault)
        }
        return url
    }

    /// An object of strings and nulls; names of header fields in lower case.
    fileprivate mutating func mapChange(
        _ member: Member, limit: Int, _ fault: (_ name: String, _ value: String?) -> (FieldError.Code, String)?
    ) -> WebhookRequest.MapChange {
        if isNull(member) { return .clear }
        guard let object = object(member) else { return .keep }
        guard object.count <= 2 * limit else {
            fail(
                member, tooMany: object.count,
                "\(member.rawValue) has \(object.count) members; at most \(limit) are allowed.")
            return .keep
        }
        var changes: [String: String?] = [:]
        for pair in object.members {
            let pointer = BodyPointer(member.rawValue, inner: pair.name)
            guard pair.value.isNull || pair.value.string != nil else {
                failType(pointer, wanted: "a string", pair.value)
                continue
            }
            if let (code, detail) = fault(pair.name, pair.value.string) { fail(pointer, code, detail) }
            let name = member == .headers ? pair.name.lowercased() : pair.name
            if changes.updateValue(pair.value.string, forKey: name) != nil {
                fail(pointer, .invalidValue, "This name is there already.")
            }
        }
        return .merge(changes)
    }
}
