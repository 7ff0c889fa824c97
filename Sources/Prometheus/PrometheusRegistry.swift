// PrometheusRegistry.swift — collects the program's metrics and renders them for a Prometheus server to fetch.
//
// A backend of swift-metrics: labels become names ("delivery.attempts" → delivery_attempts_total), dimensions become
// labels. Timers and aggregating recorders are histograms. Making a metric takes a lock, updating one does not.
//
// See also: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).

import Metrics
import Synchronization

package final class PrometheusRegistry: MetricsFactory {
    private struct State {
        var families: [String: Family] = [:]
        var help: [String: String] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// What the HELP line of this metric says; `label` is as given to swift-metrics.
    package func describe(_ label: String, _ help: String) {
        state.withLock { $0.help[metricName(label)] = help }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, .counter, dimensions) { Counter() }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, .counter, dimensions) { FloatingPointCounter() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, .gauge, dimensions) { Gauge() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { return series(label, .histogram, dimensions) { Histogram(bounds: Histogram.counts) } }
        return series(label, .gauge, dimensions) { Gauge() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, .histogram, dimensions) { Histogram(bounds: Histogram.seconds) }
    }

    // A series stays for as long as the registry: its value must not start anew when a metric is made again.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// Everything, sorted by name and labels.
    package func render() -> [UInt8] {
        let (families, help) = state.withLock { ($0.families, $0.help) }
        var text = ExpositionText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.open(family.kind, name: name, help: help[family.base])
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(to: &text, name: name, labels: labels)
            }
        }
        return text.bytes
    }

    /// The series of this name and these labels, made if there is none. A name belongs to the first kind of metric
    /// that took it; another kind gets a series that nobody sees, for a program must not die of its metrics.
    private func series<Made: Series>(
        _ label: String, _ kind: MetricKind, _ dimensions: [(String, String)], make: () -> Made
    ) -> Made {
        let base = metricName(label)
        let name = kind == .counter && !base.hasSuffix("_total") ? base + "_total" : base
        let labels = renderedLabels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind, base: base)
            if let existing = family.series[labels] { return existing as? Made ?? make() }
            let made = make()
            guard family.kind == kind else { return made }
            family.series[labels] = made
            state.families[name] = family
            return made
        }
    }
}

/// The series that share a name.
private struct Family {
    let kind: MetricKind
    /// The name without `_total`: what a description is filed under.
    let base: String
    var series: [String: any Series] = [:]
}

enum MetricKind: String {
    case counter
    case gauge
    case histogram
}

/// One name with one set of labels.
protocol Series: AnyObject, Sendable {
    func write(to text: inout ExpositionText, name: String, labels: String)
}
