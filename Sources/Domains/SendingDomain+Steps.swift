// SendingDomain+Steps.swift — how keys and status of a sending domain move: pure, from one value to the next.
//
//     key     publishing → active → retired → gone
//     domain  pending → verified ⇄ failing

import Queue

extension SendingDomain {
    /// After a check that saw `sightings`: keys whose record is there and who have no rival are active, and so is, if its
    /// record is there, the key of the selector `wanted`, whose rival retires.
    mutating func take(_ sightings: [Sighting], at now: Timestamp, activating wanted: String? = nil) {
        findings = sightings.map(\.finding)
        checkedAt = now
        for index in keys.indices where keys[index].state == .publishing {
            guard isSeen(keys[index], in: sightings) else { continue }
            let rival = keys.firstIndex { $0.state == .active && $0.algorithm == keys[index].algorithm }
            if let rival {
                guard keys[index].selector == wanted else { continue }
                (keys[rival].state, keys[rival].retiredAt) = (.retired, now)
            }
            keys[index].state = .active
        }
        status = status(after: sightings)
    }

    private func isSeen(_ key: DKIMKeyRow, in sightings: [Sighting]) -> Bool {
        sightings.contains { $0.finding.subject == subject(of: key) && $0.holds == true }
    }

    private func subject(of key: DKIMKeyRow) -> RecordFinding.Subject {
        RecordFinding.Subject(purpose: .dkim, kind: .txt, name: recordName(of: key))
    }

    /// What is not known changes nothing.
    private func status(after sightings: [Sighting]) -> SendingDomainStatus {
        let holds = isInOrder(sightings)
        switch status {
        case .pending: return holds == true && !hasKeysToCome ? .verified : .pending
        case .verified: return holds == false ? .failing : .verified
        case .failing: return holds == true ? .verified : .failing
        }
    }

    /// An algorithm that has no active key, only such as wait for their record.
    private var hasKeysToCome: Bool {
        let signing = Set(activeKeys.map(\.algorithm))
        return keys.contains { $0.state == .publishing && !signing.contains($0.algorithm) }
    }

    /// Whether it has an active key, and every record is there that signing and bounces need; nil if that is not known.
    /// SPF and DMARC of the domain are recommended, and have no say.
    private func isInOrder(_ sightings: [Sighting]) -> Bool? {
        let signing = Set(activeKeys.map(subject))
        let needed = sightings.filter { sighting in
            let subject = sighting.finding.subject
            return subject.purpose == .returnPath || signing.contains(subject)
        }
        if signing.isEmpty || needed.contains(where: { $0.holds == false }) { return false }
        return needed.contains { $0.holds == nil } ? nil : true
    }
}

extension SendingDomain {
    static let checkInterval = Duration.seconds(86_400)

    /// A day after the last check, ±10 % by its id, so that those that were made together are not checked together.
    var nextCheckAt: Timestamp {
        let spread: Int64 = 8640
        let shift = Int64(id.low % UInt64(2 * spread + 1)) - spread
        return (checkedAt ?? createdAt) + Self.checkInterval + .seconds(shift)
    }
}
