// StoreFailure+Problem.swift — what a request is told when the store did not do what it asked.

import Queue

extension Problem {
    init(_ failure: StoreFailure) {
        switch failure {
        case .full:
            self.init(.storageFull, "The disk has no room. Nothing was accepted.", retryAfter: 60)
        case .overloaded:
            self.init(.unavailable, "Too much is waiting to be written. Nothing was accepted.", retryAfter: 1)
        case .broken(let reason):
            self.init(.unavailable, "The store has failed. Nothing was accepted.", retryAfter: 5)
            cause = reason
        case .refused(let reason):
            self.init(.unavailable, "The store refused this. Nothing was accepted.", retryAfter: 60)
            cause = reason
        case .projectDeleted: self.init(.unauthenticated, "The project of this key has been deleted.")
        case .closed:
            self.init(.unavailable, "The service is stopping. Nothing was accepted.", retryAfter: 5)
        }
    }

    /// What an endpoint threw.
    init(thrown error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let failure as StoreFailure: self.init(failure)
        default:
            self.init(.unavailable, "Something failed that should not have.", retryAfter: 60)
            cause = "\(error)"
        }
    }
}
