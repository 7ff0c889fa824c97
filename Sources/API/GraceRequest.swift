// GraceRequest.swift — how long a secret is still worth something when another takes its place: the body of POST …/roll and …/rotate-secret.

import HTTP
import JSON

/// `{"grace_seconds"}`, or nothing at all.
enum GraceRequest {
    private enum Member: String, CaseIterable { case graceSeconds = "grace_seconds" }

    private static let day = 86_400

    /// A day if nothing is said: long enough to bring the new secret to where the old one is, and not to forget about it.
    static func grace(in request: HTTPServerRequest, atMostDays days: Int) throws(Problem) -> Duration {
        var reader = try BodyReader<Member>(optionalBodyOf: request)
        let grace = reader.integer(.graceSeconds, in: 0...days * day)
        try reader.finish()
        return .seconds(grace ?? day)
    }
}
