// DomainRefusal.swift — why the registry did not do what was asked of it.

/// Nothing was changed.
package enum DomainRefusal: Error, Hashable, Sendable {
    case noSuchDomain
    case alreadyRegistered
    case noSuchKey
    case tooManyKeys
    case keyIsActive
    case keyIsRetired
    /// Messages that it may have signed are still queued.
    case keyIsNeeded
    /// `seen`: in words, what was found in its place.
    case recordNotSeen(name: String, seen: String)
    /// Others changed it each time that we wanted to.
    case changedMeanwhile
}

extension DomainRefusal: CustomStringConvertible {
    /// One sentence for whoever asked.
    package var description: String {
        switch self {
        case .noSuchDomain: "There is no such domain."
        case .alreadyRegistered: "This domain is registered already."
        case .noSuchKey: "This domain has no key of this selector."
        case .tooManyKeys: "A domain has at most \(DomainRegistry.maximumKeys) keys; delete some first."
        case .keyIsActive: "The key is active, mail is signed with it. Activate another one of its algorithm first."
        case .keyIsRetired: "The key is retired. Add a new one instead."
        case .keyIsNeeded: "The key is retired, but messages from the time when it signed are still queued."
        case .recordNotSeen(let name, let seen): "The TXT record \(name) is not as it should be: \(seen)."
        case .changedMeanwhile: "The domain is being changed by others. Try again."
        }
    }
}
