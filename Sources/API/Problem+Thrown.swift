// Problem+Thrown.swift — what a request is told when the store, or the registry of domains, did not do what it asked.

import Domains
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
        case let refusal as DomainRefusal: self.init(refusal)
        default:
            self.init(.unavailable, "Something failed that should not have.", retryAfter: 60)
            cause = "\(error)"
        }
    }

    private init(_ refusal: DomainRefusal) {
        switch refusal {
        case .noSuchDomain, .noSuchKey: self.init(.notFound, refusal.description)
        case .alreadyRegistered, .tooManyKeys, .keyIsActive, .keyIsRetired, .keyIsNeeded, .recordNotSeen,
            .changedMeanwhile:
            self.init(.conflict, refusal.description)
        }
    }
}
