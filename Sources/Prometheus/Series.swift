// Series.swift — the values themselves: counters, gauges and histograms over atomics.

import Metrics
import Synchronization

/// A double that many threads add to.
final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}

final class Counter: CounterHandler, Series {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(to text: inout ExpositionText, name: String, labels: String) {
        text.sample(name, labels: labels, value: String(value.load(ordering: .relaxed)))
    }
}

final class FloatingPointCounter: FloatingPointCounterHandler, Series {
    private let value = AtomicDouble()

    func increment(by amount: Double) { value.add(amount) }
    func reset() { value.set(0) }

    func write(to text: inout ExpositionText, name: String, labels: String) {
        text.sample(name, labels: labels, value: sampleValue(value.value))
    }
}

/// A meter, or a recorder of which only the latest value counts.
final class Gauge: MeterHandler, RecorderHandler, Series {
    private let value = AtomicDouble()

    func set(_ value: Int64) { self.value.set(Double(value)) }
    func set(_ value: Double) { self.value.set(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func write(to text: inout ExpositionText, name: String, labels: String) {
        text.sample(name, labels: labels, value: sampleValue(value.value))
    }
}

/// A timer in seconds, or an aggregating recorder.
final class Histogram: TimerHandler, RecorderHandler, Series {
    /// From a commit to the last timeout of an SMTP session, in seconds.
    static let seconds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
    ]
    /// Of things counted: batch sizes, recipients.
    static let counts: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000, 1_000_000]

    private let bounds: [Double]
    /// One more than there are bounds: the last has what is greater than all of them.
    private let buckets: [Bucket]
    private let sum = AtomicDouble()

    private final class Bucket: Sendable {
        let count = Atomic<Int64>(0)
    }

    init(bounds: [Double]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Bucket() }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        buckets[bucket].count.wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    func write(to text: inout ExpositionText, name: String, labels: String) {
        var total: Int64 = 0
        for (bucket, bound) in zip(buckets, bounds + [.infinity]) {
            total += bucket.count.load(ordering: .relaxed)
            text.sample(name + "_bucket", labels: labels, extra: "le=\"\(sampleValue(bound))\"", value: String(total))
        }
        text.sample(name + "_sum", labels: labels, value: sampleValue(sum.value))
        text.sample(name + "_count", labels: labels, value: String(total))
    }
}
