// ReplayRequest.swift — the bodies that ask an endpoint's posts to be made: POST /v1/webhooks/{id}/replay and …/test.

import HTTP
import JSON
import Queue

/// `{"since","until","types","failed"}`
enum ReplayRequest {
    private enum Member: String, CaseIterable { case since, until, types, failed }

    static func replay(in body: JSONValue, at now: Timestamp) throws(Problem) -> Replay {
        var reader = try BodyReader<Member>(body)
        let since = reader.moment(.since), until = reader.moment(.until)
        let types: [EventType] = reader.choices(.types)
        let isOfFailed = reader.flag(.failed) ?? false
        if reader[.since] == nil, !isOfFailed {
            reader.fail(.since, .required, "Say since when, or \"failed\":true for all that failed.")
        }
        if let since, let until, since > until {
            reader.fail(.until, .outOfRange, "The span ends before it begins.")
        }
        try reader.finish()
        // Without an end, what happens at this very millisecond is meant too.
        return Replay(
            since: since ?? Timestamp(milliseconds: 0), until: until ?? now + .milliseconds(1), types: types,
            isOfFailed: isOfFailed)
    }
}

/// `{"type"}`, or nothing at all.
enum TrialRequest {
    private enum Member: String, CaseIterable { case type }

    static func type(in request: HTTPServerRequest) throws(Problem) -> EventType? {
        var reader = try BodyReader<Member>(optionalBodyOf: request)
        let type: EventType? = reader.choice(.type)
        try reader.finish()
        return type
    }
}
