// DestinationForecast.swift — where mail would go, for dry runs: many destinations looked up at once, for a bounded time.

import Mail
import Synchronization

/// What delivery would find for a destination just now.
package enum DestinationForecast: Sendable, Equatable {
    package struct Host: Sendable, Equatable {
        package var name: String
        package var addresses: [String]
        package init(name: String, addresses: [String]) { (self.name, self.addresses) = (name, addresses) }
    }

    /// In the order in which they would be tried.
    case hosts([Host])
    /// No mail can be delivered there as things stand: what a `failure` would say.
    case impossible(reason: String, detail: String)
    /// Nobody knows just now, in words.
    case unknown(String)

    /// Where everything goes that is sent with a sandbox key: nothing need be looked up.
    static let sandbox = DestinationForecast.hosts([Host(name: "sandbox", addresses: [])])
}

package struct DestinationForecasts: Sendable {
    /// Of one dry run.
    private static let atOnce = 20

    private let find: @Sendable (Domain) async -> DestinationForecast
    private let limit: Duration

    /// - limit: what is not found by then is unknown.
    package init(
        within limit: Duration = .seconds(10), _ find: @escaping @Sendable (Domain) async -> DestinationForecast
    ) {
        (self.limit, self.find) = (limit, find)
    }

    /// Returns when all are found, or the time is over. A lookup cannot be broken off: what is under way then ends beside.
    func forecasts(for domains: Set<Domain>) async -> [Domain: DestinationForecast] {
        guard !domains.isEmpty else { return [:] }
        let gathering = Gathering(domains)
        let alarm = Task {
            try await Task.sleep(for: limit)
            gathering.end()
        }
        let found = await withUnsafeContinuation { continuation in
            gathering.begin(continuation)
            for _ in 0..<min(Self.atOnce, domains.count) {
                Task { [find] in
                    while let domain = gathering.next() { gathering.note(await find(domain), for: domain) }
                }
            }
        }
        alarm.cancel()
        return found
    }
}

/// What one dry run has found and has still to find.
private final class Gathering: Sendable {
    typealias Found = [Domain: DestinationForecast]

    private struct State {
        var waiting: [Domain]
        var found: Found = [:]
        var asked: UnsafeContinuation<Found, Never>?
        var hasEnded = false
    }

    private let state: Mutex<State>
    private let count: Int

    init(_ domains: Set<Domain>) {
        count = domains.count
        state = Mutex(State(waiting: Array(domains)))
    }

    /// The continuation is resumed once, be it now.
    func begin(_ continuation: UnsafeContinuation<Found, Never>) {
        let found = state.withLock { state -> Found? in
            if !state.hasEnded { state.asked = continuation }
            return state.hasEnded ? state.found : nil
        }
        if let found { continuation.resume(returning: found) }
    }

    /// Nil when there is no more to find, or no more time.
    func next() -> Domain? { state.withLock { $0.hasEnded ? nil : $0.waiting.popLast() } }

    func note(_ forecast: DestinationForecast, for domain: Domain) {
        let isComplete = state.withLock { state in
            state.found[domain] = forecast
            return state.found.count == count
        }
        if isComplete { end() }
    }

    func end() {
        let (asked, found) = state.withLock { state in
            defer { state.asked = nil }
            state.hasEnded = true
            return (state.asked, state.found)
        }
        asked?.resume(returning: found)
    }
}
