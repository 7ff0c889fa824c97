// Identifier+Order.swift — ids as an order in time: the first is the oldest, also of those made in one millisecond.

import Synchronization

/// How many message ids have been made in the latest millisecond.
private let messagesMade = Mutex((milliseconds: Int64(0), count: UInt64(0)))

extension Identifier where Kind == MessageKind {
    /// A new identifier of this moment, which sorts after those that this process made in the same millisecond before: the
    /// twelve bits after the time count (RFC 9562 §6.2, method 1). Past 4,096 they are in no order.
    package static func next(at time: Timestamp) -> MessageID {
        let count = messagesMade.withLock { made in
            made.count = made.milliseconds == time.milliseconds ? min(made.count + 1, 0x0FFF) : 0
            made.milliseconds = time.milliseconds
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
