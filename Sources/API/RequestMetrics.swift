// RequestMetrics.swift — how many requests there were and how long they took, by route.

import HTTP
import HTTPTypes
import Metrics
import Synchronization

final class RequestMetrics: Sendable {
    private struct Label: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Instruments {
        let requests: Counter
        let duration: Metrics.Timer
    }

    private let factory: any MetricsFactory
    /// Routes times statuses: bounded by the code, never by what clients send.
    private let instruments = Mutex<[Label: Instruments]>([:])

    init(factory: any MetricsFactory = MetricsSystem.factory) { self.factory = factory }

    /// `route` is a template; nil if no route matched.
    func record(method: HTTPRequest.Method, route: String?, status: Int, took duration: Duration) {
        let label = Label(method: route == nil ? "" : method.rawValue, route: route ?? "", status: status)
        let instruments = self.instruments.withLock { known in
            if let instruments = known[label] { return instruments }
            let new = makeInstruments(for: label)
            known[label] = new
            return new
        }
        instruments.requests.increment()
        instruments.duration.recordNanoseconds(
            duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000)
    }

    private func makeInstruments(for label: Label) -> Instruments {
        let route = [("method", label.method), ("route", label.route)]
        return Instruments(
            requests: Counter(
                label: "postrider.http.requests", dimensions: route + [("status", String(label.status))],
                factory: factory),
            duration: Metrics.Timer(
                label: "postrider.http.request.duration.seconds", dimensions: route, preferredDisplayUnit: .seconds,
                factory: factory))
    }
}
