// StoreFailure+Problem.swift — what a request is told when the store did not do what it asked.

import Queue

extension Problem {
    init(_ failure: StoreFailure) {
        switch failure {
        case .full:
            self.init(.storageFull, "The disk has no room. Nothing was accepted.", retryAfter: 60)
        case .broken(let reason):
            self.init(.unavailable, "The store has failed. Nothing was accepted.", retryAfter: 5)
            cause = reason
        case .refused(let reason):
            self.init(.unavailable, "The store refused this. Nothing was accepted.", retryAfter: 60)
            cause = reason
        case .closed:
            self.init(.unavailable, "The service is stopping. Nothing was accepted.", retryAfter: 5)
        }
    }

    /// Runs `work` on the store, its failure made a problem.
    static func mapping<Value>(
        _ work: () async throws(StoreFailure) -> Value
    ) async throws(Problem) -> Value {
        do { return try await work() } catch { throw Problem(error) }
    }
}
