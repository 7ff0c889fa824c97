// SendingDomain+Steps.swift — how keys and status of a sending domain move: pure, from one value to the next.
//
//     key     publishing → active → retired → gone
//     domain  pending → verified ⇄ failing

import Queue

extension SendingDomain {
    /// After a check that saw `sightings`: keys whose record is there and who have no rival are active, and so is, if its
    /// record is there, the key of the selector `wanted`, whose rival retires.
    mutating func take(
        _ sightings: [Sighting], at now: Timestamp, activating wanted: String? = nil, isAskedFor: Bool = true
    ) {
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
        move(isInOrder(sightings), at: now, isAskedFor: isAskedFor)
        nextCheckAt = now + spread(wait(after: sightings, at: now))
    }

    private func isSeen(_ key: DKIMKeyRow, in sightings: [Sighting]) -> Bool {
        sightings.contains { $0.finding.subject == subject(of: key) && $0.holds == true }
    }

    private func subject(of key: DKIMKeyRow) -> RecordFinding.Subject {
        RecordFinding.Subject(purpose: .dkim, kind: .txt, name: recordName(of: key))
    }

    /// What is not known changes nothing. That a verified domain is out of order is doubted at first, and so when a second
    /// look confirms it; whoever asks is told at once.
    private mutating func move(_ holds: Bool?, at now: Timestamp, isAskedFor: Bool) {
        switch (status, holds) {
        case (_, nil): break
        case (.pending, true?): if !hasKeysToCome { status = .verified }
        case (.pending, false?): break
        case (.verified, true?): doubtedAt = nil
        case (.verified, false?) where isAskedFor || doubtedAt != nil: (status, doubtedAt) = (.failing, nil)
        case (.verified, false?): doubtedAt = now
        case (.failing, true?): status = .verified
        case (.failing, false?): break
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
        let needed = sightings.filter { $0.isNeeded || signing.contains($0.finding.subject) }
        if signing.isEmpty || needed.contains(where: { $0.holds == false }) { return false }
        return needed.contains { $0.holds == nil } ? nil : true
    }
}

// MARK: When to look again

extension SendingDomain {
    static let longWait = Duration.seconds(86_400)

    /// Records of new keys are expected for two days.
    private static let expectation = Duration.seconds(2 * 86_400)

    /// Also what the clock, since it was set back, has not come to yet.
    func isDue(at now: Timestamp) -> Bool { nextCheckAt <= now || checkedAt ?? createdAt > now }

    /// New keys wait for their records. The check that is due comes no later for it.
    mutating func expectRecords(at now: Timestamp) {
        let soon = now + spread(.seconds(3600))
        nextCheckAt = checkedAt == nil ? soon : min(nextCheckAt, soon)
    }

    private func wait(after sightings: [Sighting], at now: Timestamp) -> Duration {
        if doubtedAt != nil { return .seconds(300) }
        switch status {
        case .failing: return .seconds(1800)
        case .verified where sightings.contains { $0.holds == nil }: return .seconds(1800)
        case .pending, .verified: break
        }
        let waiting = keys.filter { $0.state == .publishing }.map(\.createdAt)
        let since = (waiting + (status == .pending ? [createdAt] : [])).max()
        return since.map { $0 + Self.expectation > now } == true ? .seconds(3600) : Self.longWait
    }

    /// ±10 % by its id, so that those that were made together are not checked together.
    private func spread(_ wait: Duration) -> Duration { wait * (9_000 + Int(id.low % 2001)) / 10_000 }
}
