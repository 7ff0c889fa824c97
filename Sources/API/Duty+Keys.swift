// Duty+Keys.swift — writes down, now and then, when keys were last used.

import Logging
import Queue

extension Duty {
    /// Once a minute at most, all together, so that no request waits for it or costs a write.
    package static func keyUses(store: QueueStore, clock: any WallClock, log: Logger) -> Duty {
        Duty("writing uses of keys", clock: clock, log: log) {
            try await store.writeKeyUses()
            return clock.now + AccessDirectory.useGranularity
        }
    }
}
