// PrometheusRegistryTests.swift — what a scrape reads.

import Metrics
import Prometheus
import Testing

struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry()

    private var text: String { String(decoding: registry.render(), as: UTF8.self) }

    @Test func rendersNothingWithoutMetrics() {
        #expect(text.isEmpty)
    }

    @Test func namesCountersWithTotal() {
        registry.describe("delivery.attempts", "Attempts to deliver,\nby result.")
        Counter(label: "delivery.attempts", dimensions: [("result", "ok")], factory: registry).increment(by: 3)
        Counter(label: "delivery.attempts", dimensions: [("result", "deferred")], factory: registry).increment()
        #expect(
            text == """
                # HELP delivery_attempts_total Attempts to deliver,\\nby result.
                # TYPE delivery_attempts_total counter
                delivery_attempts_total{result="deferred"} 1
                delivery_attempts_total{result="ok"} 3

                """)
    }

    @Test func addsFractions() {
        let counter = FloatingPointCounter(label: "seconds.spent", factory: registry)
        for _ in 0..<3 { counter.increment(by: 0.5) }
        #expect(text.hasSuffix("\nseconds_spent_total 1.5\n"))
    }

    @Test func keepsAGaugesLatestValue() {
        let meter = Meter(label: "sessions", factory: registry)
        meter.set(7)
        meter.increment(by: 2)
        meter.decrement(by: 0.5)
        Gauge(label: "oldest", factory: registry).record(-12)
        #expect(text == "# TYPE oldest gauge\noldest -12\n# TYPE sessions gauge\nsessions 8.5\n")
    }

    @Test func rendersTimersAsHistogramsOfSeconds() {
        let timer = Timer(label: "commit", dimensions: [("kind", "x")], factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(40)
        timer.recordSeconds(301)
        let lines = text.split(separator: "\n")
        #expect(lines.first == "# TYPE commit histogram")
        #expect(lines.contains("commit_bucket{kind=\"x\",le=\"0.001\"} 1"))
        #expect(lines.contains("commit_bucket{kind=\"x\",le=\"0.05\"} 2"))
        #expect(lines.contains("commit_bucket{kind=\"x\",le=\"300\"} 2"))
        #expect(
            lines.suffix(3) == [
                "commit_bucket{kind=\"x\",le=\"+Inf\"} 3", "commit_sum{kind=\"x\"} 301.041",
                "commit_count{kind=\"x\"} 3",
            ])
    }

    @Test func countsWhatAggregatingRecordersRecord() {
        let recorder = Recorder(label: "batch", factory: registry)
        recorder.record(3)
        recorder.record(2_000_000)
        #expect(text.contains("batch_bucket{le=\"5\"} 1\n"))
        #expect(text.hasSuffix("batch_bucket{le=\"+Inf\"} 2\nbatch_sum 2000003\nbatch_count 2\n"))
    }

    @Test func sharesASeriesBetweenEqualMetrics() {
        for dimensions in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
            Counter(label: "c", dimensions: dimensions, factory: registry).increment()
        }
        #expect(text.hasSuffix("c_total{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test func escapesLabels() {
        Counter(label: "9 lives", dimensions: [("the-reply", "\"5\\\n")], factory: registry).increment()
        #expect(text.hasSuffix("_9_lives_total{the_reply=\"\\\"5\\\\\\n\"} 1\n"))
    }

    @Test func leavesANameToTheKindThatTookItFirst() {
        Meter(label: "size", factory: registry).set(1)
        Timer(label: "size", factory: registry).recordSeconds(1)
        #expect(text == "# TYPE size gauge\nsize 1\n")
    }

    @Test func losesNoIncrementOfManyThreads() async {
        let counter = Counter(label: "c", factory: registry)
        let sum = FloatingPointCounter(label: "s", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.increment()
                        sum.increment(by: 0.5)
                    }
                }
            }
        }
        #expect(text.contains("c_total 8000\n"))
        #expect(text.contains("s_total 4000\n"))
    }
}
