// StepTests.swift — how keys and status move after a check, in tables.

import Mail
import Queue
import Testing

@testable import Domains

@Suite struct StepTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)
    private static let day = Duration.seconds(86_400)
    private static let mx = RecordFinding.Subject(purpose: .returnPath, kind: .mx, name: "bounce.test")
    private static let spf = RecordFinding.Subject(purpose: .spf, kind: .txt, name: "acme.test")

    /// Keys by selector: the first letter is the algorithm's.
    private func domain(
        _ keys: [(String, DKIMKeyRow.State)], _ status: SendingDomainStatus = .pending
    ) -> SendingDomain {
        SendingDomain(
            name: Domain(trusted: "acme.test"), original: "acme.test", createdAt: Self.now, status: status,
            keys: keys.map { selector, state in
                DKIMKeyRow(
                    selector: selector, algorithm: selector.hasPrefix("r") ? "rsa-sha256" : "ed25519-sha256",
                    state: state, sealedPrivateKey: "v1.x", publicKey: [], createdAt: Self.now)
            })
    }

    /// Of a key's selector, or of `mx` or `spf`. Nil: could not be looked up.
    private func sightings(_ seen: KeyValuePairs<String, Bool?>) -> [Sighting] {
        seen.map { name, isThere in
            let key = RecordFinding.Subject(purpose: .dkim, kind: .txt, name: "\(name)._domainkey.acme.test")
            let subject = name == "mx" ? Self.mx : name == "spf" ? Self.spf : key
            return Sighting(
                finding: RecordFinding(subject: subject, status: isThere == true ? .ok : .missing),
                isFresh: isThere != nil, isNeeded: name == "mx")
        }
    }

    private func states(_ domain: SendingDomain) -> [String] {
        domain.keys.map { "\($0.selector) \($0.state.rawValue)" }
    }

    @Test func aKeyWithoutRivalBecomesActiveWhenSeen() {
        var domain = domain([("r1", .publishing), ("e1", .publishing)])
        domain.take(sightings(["r1": true, "e1": false]), at: Self.now)
        #expect(states(domain) == ["r1 active", "e1 publishing"])
        domain.take(sightings(["r1": true, "e1": true]), at: Self.now)
        #expect(states(domain) == ["r1 active", "e1 active"])
    }

    @Test func aKeyThatCouldNotBeLookedUpIsNotSeen() {
        var domain = domain([("r1", .publishing)])
        domain.take(sightings(["r1": nil]), at: Self.now)
        #expect(states(domain) == ["r1 publishing"])
    }

    @Test func theOlderOfTwoNewKeysBecomesActive() {
        var domain = domain([("r1", .publishing), ("r2", .publishing)])
        domain.take(sightings(["r1": true, "r2": true]), at: Self.now)
        #expect(states(domain) == ["r1 active", "r2 publishing"])
    }

    @Test func aRotationWaitsUntilItIsAskedFor() {
        var domain = domain([("r1", .active), ("r2", .publishing), ("e1", .active)])
        let seen = sightings(["r1": true, "r2": true, "e1": true])
        domain.take(seen, at: Self.now)
        #expect(states(domain) == ["r1 active", "r2 publishing", "e1 active"])
        domain.take(seen, at: Self.now, activating: "r2")
        #expect(states(domain) == ["r1 retired", "r2 active", "e1 active"])
        #expect(domain.keys.map(\.retiredAt) == [Self.now, nil, nil])
    }

    @Test(arguments: [false, nil] as [Bool?])
    func aRotationNeedsTheRecord(isSeen: Bool?) {
        var domain = domain([("r1", .active), ("r2", .publishing)])
        domain.take(sightings(["r1": true, "r2": isSeen]), at: Self.now, activating: "r2")
        #expect(states(domain) == ["r1 active", "r2 publishing"])
    }

    typealias Case = (
        SendingDomainStatus, [(String, DKIMKeyRow.State)], KeyValuePairs<String, Bool?>, SendingDomainStatus
    )

    static let moves: [Case] = [
        // All of the first keys must be seen.
        (.pending, [("r1", .publishing), ("e1", .publishing)], ["r1": true, "e1": true], .verified),
        (.pending, [("r1", .publishing), ("e1", .publishing)], ["r1": true, "e1": false], .pending),
        (.pending, [("r1", .publishing), ("e1", .publishing)], ["r1": true, "e1": nil], .pending),
        (.pending, [("r1", .active), ("e1", .publishing)], ["r1": false, "e1": true], .pending),
        (.pending, [], [:], .pending),
        // Recommended records have no say, those of the return-path have.
        (.pending, [("r1", .publishing)], ["r1": true, "spf": false], .verified),
        (.pending, [("r1", .publishing)], ["r1": true, "mx": false], .pending),
        (.verified, [("r1", .active)], ["r1": true, "spf": false, "mx": true], .verified),
        (.verified, [("r1", .active)], ["r1": true, "mx": false], .failing),
        // What is not known changes nothing, unless something else is known to be wrong.
        (.verified, [("r1", .active)], ["r1": nil], .verified),
        (.verified, [("r1", .active), ("e1", .active)], ["r1": nil, "e1": false], .failing),
        (.verified, [("r1", .active)], ["r1": false], .failing),
        (.failing, [("r1", .active)], ["r1": nil], .failing),
        (.failing, [("r1", .active)], ["r1": false], .failing),
        (.failing, [("r1", .active)], ["r1": true], .verified),
        // New and retired keys are nobody's need.
        (.verified, [("r1", .active), ("r2", .publishing)], ["r1": true, "r2": false], .verified),
        (.verified, [("r0", .retired), ("r1", .active)], ["r0": false, "r1": true], .verified),
        (.verified, [("r1", .active), ("e1", .publishing)], ["r1": true, "e1": false], .verified),
    ]

    @Test(arguments: moves.indices) func statusMoves(index: Int) {
        let (before, keys, seen, after) = Self.moves[index]
        var domain = domain(keys, before)
        domain.take(sightings(seen), at: Self.now)
        #expect(domain.status == after)
        #expect(domain.checkedAt == Self.now)
    }

    /// Of a check by the duty alone.
    private func looked(
        _ domain: SendingDomain, _ seen: KeyValuePairs<String, Bool?>, at time: Timestamp = now
    ) -> SendingDomain {
        var domain = domain
        domain.take(sightings(seen), at: time, isAskedFor: false)
        return domain
    }

    @Test func aVerifiedDomainFailsByTheSecondLook() {
        let first = looked(domain([("r1", .active)], .verified), ["r1": false])
        #expect(first.status == .verified && first.doubtedAt == Self.now)
        let second = looked(first, ["r1": false], at: Self.now + .seconds(300))
        #expect(second.status == .failing && second.doubtedAt == nil)
        var asked = first
        asked.take(sightings(["r1": false]), at: Self.now)
        #expect(asked.status == .failing && asked.doubtedAt == nil)
    }

    @Test func aDoubtEndsWhenAllIsInOrderAndStaysWhileNothingIsKnown() {
        let first = looked(domain([("r1", .active)], .verified), ["r1": false])
        #expect(looked(first, ["r1": true]).doubtedAt == nil)
        #expect(looked(first, ["r1": nil]).doubtedAt == Self.now)
        #expect(looked(first, ["r1": nil]).status == .verified)
    }

    typealias Wait = ([(String, DKIMKeyRow.State)], SendingDomainStatus, Bool?, after: Duration, is: Duration)

    static let waits: [Wait] = [
        ([("r1", .active)], .verified, true, .zero, day),
        ([("r1", .active)], .verified, false, .zero, .seconds(300)),
        ([("r1", .active)], .verified, nil, .zero, .seconds(1800)),
        ([("r1", .active)], .failing, false, .zero, .seconds(1800)),
        ([("r1", .active)], .failing, nil, .zero, .seconds(1800)),
        ([("r1", .active)], .failing, true, .zero, day),
        ([("r1", .publishing)], .pending, false, .zero, .seconds(3600)),
        ([("r1", .publishing)], .pending, nil, .zero, .seconds(3600)),
        ([("r1", .publishing)], .pending, false, .seconds(2 * 86_400), day),
        ([("r1", .active), ("r2", .publishing)], .verified, true, .zero, .seconds(3600)),
        ([("r1", .active), ("r2", .publishing)], .verified, true, .seconds(2 * 86_400), day),
    ]

    @Test(arguments: waits.indices) func theNextCheckIsSoonerWhileSomethingIsToCome(index: Int) {
        let (keys, status, seen, age, wait) = Self.waits[index]
        let time = Self.now + age
        let next = looked(domain(keys, status), ["r1": seen], at: time).nextCheckAt - time
        #expect((wait * 9 / 10...wait * 11 / 10).contains(next))
    }

    @Test func checksAreSpread() {
        let waits = (0..<200).map { _ in looked(domain([("r1", .active)], .verified), ["r1": true]).nextCheckAt }
        #expect(Set(waits).count > 100)
    }

    @Test func newKeysAreLookedForWithinAnHourOrSo() {
        var checked = looked(domain([("r1", .active)], .verified), ["r1": true])
        checked.expectRecords(at: Self.now)
        #expect(checked.nextCheckAt <= Self.now + .seconds(3960))
        var doubted = looked(domain([("r1", .active)], .verified), ["r1": false])
        let next = doubted.nextCheckAt
        doubted.expectRecords(at: Self.now)
        #expect(doubted.nextCheckAt == next)
    }

    @Test func whatTheClockHasNotComeToYetIsDue() {
        let domain = looked(domain([("r1", .active)], .verified), ["r1": true])
        #expect(!domain.isDue(at: Self.now))
        #expect(domain.isDue(at: domain.nextCheckAt))
        #expect(domain.isDue(at: Self.now - .milliseconds(1)))
    }

    @Test func selectorsTellTheDayAndAreNeverTheSame() {
        let selectors = (0..<50).map { _ in Selector.unused(for: .ed25519SHA256, at: Self.now, among: []) }
        #expect(Set(selectors).count > 45)
        #expect(selectors.allSatisfy { $0.hasPrefix("pr20260921-") && $0.hasSuffix("e") })
        #expect(selectors.allSatisfy { $0.utf8.count == Selector.length })
        #expect(
            selectors.allSatisfy {
                $0.utf8.dropFirst(11).allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".utf8.contains($0) }
            })
    }
}
