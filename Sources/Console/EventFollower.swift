// EventFollower.swift — follows the event stream for good: connects again where it was cut off.

import Spelling

struct EventFollower {
    let client: APIClient
    let query: Query
    /// The sequence number after which it begins; without it, at the end.
    var since: String?
    /// Called about once a second, also while nothing happens; what it throws ends it.
    var check: @Sendable () throws -> Void = {}
    var note: @Sendable (String) -> Void = { _ in }

    /// Three heartbeats.
    private static let longestSilence: Duration = .seconds(45)
    private static let shortestPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(30)

    /// Hands each event over once, in order, until `take` throws, which ends it; or until the service refuses.
    func follow(_ take: @escaping (ServerSentEvent) throws -> Void) throws -> Never {
        var stream = ServerSentEvents(lastID: since ?? "")
        var pause = Self.shortestPause
        var hasConnected = false
        while true {
            do {
                try check()
                let exchange = try exchange(after: stream.lastID)
                let answer = try exchange.stream(silence: Self.longestSilence, check: check) { bytes in
                    hasConnected = true
                    pause = Self.shortestPause
                    try stream.feed(bytes, take)
                }
                guard answer.isSuccess || answer.status == 429 || answer.status >= 500 else {
                    throw client.refusal(answer, of: request(after: stream.lastID))
                }
                if answer.isSuccess { hasConnected = true }
                note("the service ended the stream; connecting again")
            } catch let failure as TransferFailure {
                // One that was never there is a mistake of the user's.
                guard hasConnected, failure.mayPass else { throw client.described(failure) }
                note("the stream is cut off; connecting again")
            }
            client.pause(max(pause, stream.retry ?? .zero))
            pause = min(pause * 2, Self.longestPause)
            // What an event had come of begins anew.
            stream = ServerSentEvents(lastID: stream.lastID)
        }
    }

    private func exchange(after id: String) throws -> Exchange {
        try Exchange(request(after: id), at: client.address, key: client.key)
    }

    private func request(after id: String) -> APIRequest {
        var request = APIRequest("GET", query.path(apiPath("events", "stream")))
        request.fields = ["accept: text/event-stream"] + (id.isEmpty ? [] : ["last-event-id: \(id)"])
        return request
    }
}

extension TransferFailure {
    fileprivate var mayPass: Bool {
        switch self {
        case .unreachable, .lost: true
        case .impossible: false
        }
    }
}
