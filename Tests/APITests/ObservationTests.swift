// ObservationTests.swift — what metrics and log tell of requests.

import APITestSupport
import HTTP
import HTTPTypes
import Logging
import Metrics
import MetricsTestKit
import Queue
import Synchronization
import Testing

@testable import API

/// What operators see: the log and the metrics.
@Suite struct ObservationTests {
    @Test func aFailureOfOursIsAnErrorInTheLogWithTheRequestsID() async throws {
        let log = RecordingLog()
        try await withAPI(configure: { $0.logger = log.logger }) { api in
            await api.store.close()
            let answer = try await api.client.post("/v1/messages", APIFixture.message)
            #expect(answer.status == 503)
            let lines = log.lines
            #expect(lines.count == 1)
            #expect(lines.first?.level == .error)
            #expect(lines.first?.metadata["request_id"].map { "\($0)" } == answer.field("Request-Id"))
            #expect(lines.first?.metadata["route"] == "/v1/messages")
        }
    }

    @Test func aFaultOfTheClientIsNoLineInTheLog() async throws {
        let log = RecordingLog()
        try await withAPI(configure: { $0.logger = log.logger }) { api in
            let answer = try await api.client.post("/v1/messages", "{}")
            #expect(answer.status == 422)
            #expect(log.lines.isEmpty)
        }
    }

    @Test func aProbeThatFindsTheHouseNotReadyIsNoLineInTheLog() async throws {
        let log = RecordingLog()
        try await withAPI(configure: { $0.logger = log.logger }) { api in
            await api.store.close()
            let answer = try await api.client.get("/readyz")
            #expect(answer.status == 503)
            #expect(log.lines.isEmpty)
        }
    }

    @Test func requestsAreCountedByRouteAndNeverByPath() throws {
        let factory = TestMetrics()
        let metrics = RequestMetrics(factory: factory)
        for _ in 1...2 {
            metrics.record(method: .get, route: "/v1/messages/{id}", status: 200, took: .milliseconds(3))
        }
        metrics.record(method: .init("PROPFIND") ?? .get, route: nil, status: 404, took: .zero)
        let found = [("method", "GET"), ("route", "/v1/messages/{id}")]
        #expect(try factory.expectCounter("postrider.http.requests", found + [("status", "200")]).totalValue == 2)
        let timer = try factory.expectTimer("postrider.http.request.duration.seconds", found)
        #expect(timer.values == [3_000_000, 3_000_000])
        let other = [("method", ""), ("route", ""), ("status", "404")]
        #expect(try factory.expectCounter("postrider.http.requests", other).totalValue == 1)
    }
}

/// Keeps every line that is logged through it.
final class RecordingLog: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let metadata: Logger.Metadata
    }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.recorded.withLock { $0.append(Line(level: event.level, metadata: event.metadata ?? [:])) }
        }
    }

    private let recorded = Mutex<[Line]>([])
    var lines: [Line] { recorded.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }
}
