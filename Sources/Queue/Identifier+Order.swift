// Identifier+Order.swift — ids as an order in time: the first is the oldest, also of those made in one millisecond.

import Synchronization

/// Gives out message ids in the order of their making.
package final class MessageIDSequence: Sendable {
    private let made = Mutex((latest: Timestamp(milliseconds: 0), count: UInt64(0)))

    package init() {}

    /// A new identifier of this moment, which sorts after those that were made in the same millisecond before: the twelve
    /// bits after the time count (RFC 9562 §6.2, method 1). Past 4,096 they are in no order.
    package func next(at time: Timestamp) -> MessageID {
        let count = made.withLock { made in
            made.count = time > made.latest ? 0 : min(made.count + 1, 0x0FFF)
            made.latest = max(made.latest, time)
            return made.count
        }
        return MessageID(at: time).counted(count)
    }
}

extension Identifier {
    fileprivate func counted(_ count: UInt64) -> Identifier { Identifier(high: high & ~0x0FFF | count, low: low) }

    /// Not after any that was made at `time` or later.
    init(earliestAt time: Timestamp) {
        self.init(high: UInt64(min(max(time.milliseconds, 0), 1 << 48 - 1)) << 16, low: 0)
    }

    /// From its halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
