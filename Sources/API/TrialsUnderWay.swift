// TrialsUnderWay.swift — how many tests of each webhook wait for its answer: a slow one must not keep many requests open.

import Queue
import Synchronization

final class TrialsUnderWay: Sendable {
    static let maximumPerEndpoint = 4

    private let counts = Mutex<[EndpointID: Int]>([:])

    /// False if there are as many as there may be; else `end` must follow.
    func begin(_ endpoint: EndpointID) -> Bool {
        counts.withLock { counts in
            let count = counts[endpoint] ?? 0
            guard count < Self.maximumPerEndpoint else { return false }
            counts[endpoint] = count + 1
            return true
        }
    }

    func end(_ endpoint: EndpointID) {
        counts.withLock { counts in
            let count = counts[endpoint] ?? 0
            counts[endpoint] = count > 1 ? count - 1 : nil
        }
    }
}
