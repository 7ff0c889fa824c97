// DomainStoreTests.swift — sending domains on disk and in memory: what is stored, what is refused, who hears of it when.

import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct DomainStoreTests {
    private let acme = Domain(trusted: "acme.test")

    private func key(
        _ selector: String, _ algorithm: String = "rsa-sha256", _ state: DKIMKeyRow.State = .publishing,
        at now: Timestamp
    ) -> DKIMKeyRow {
        var key = DKIMKeyRow(
            selector: selector, algorithm: algorithm, state: state, sealedPrivateKey: "v1.\(selector)",
            publicKey: Array(selector.utf8), createdAt: now)
        key.retiredAt = state == .retired ? now : nil
        return key
    }

    private func domain(_ fixture: StoreFixture, _ keys: [DKIMKeyRow] = []) -> SendingDomain {
        SendingDomain(name: acme, original: "Acme.test", createdAt: fixture.now, keys: keys)
    }

    /// A domain with keys `a` (active) and `b` (publishing) of one algorithm.
    private func stored(_ fixture: StoreFixture) async throws -> SendingDomain {
        let keys = [key("a", at: fixture.now), key("b", at: fixture.now)]
        var domain = try #require(try await fixture.store.createDomain(domain(fixture, keys)))
        domain.keys[0].state = .active
        return try #require(try await fixture.store.updateDomain(domain))
    }

    @Test func aDomainIsInMemoryWhenItsCreatorGoesOn() async throws {
        let fixture = try StoreFixture()
        let created = try #require(try await fixture.store.createDomain(domain(fixture, [key("a", at: fixture.now)])))
        let known = try #require(fixture.store.sendingDomains[SendingDomainName(acme, in: .default)])
        #expect(known.id == created.id && known.keys == created.keys && known.original == "Acme.test")
        #expect(fixture.store.sendingDomains[SendingDomainName(Domain(trusted: "mail.acme.test"), in: .default)] == nil)
        await fixture.end()
    }

    @Test func aNameIsTakenOnce() async throws {
        let fixture = try StoreFixture()
        let first = try await fixture.store.createDomain(domain(fixture))
        #expect(try await fixture.store.createDomain(domain(fixture, [key("a", at: fixture.now)])) == nil)
        #expect(fixture.store.sendingDomains[SendingDomainName(acme, in: .default)]?.id == first?.id)
        #expect(try fixture.count("dkim_keys") == 0)
        await fixture.end()
    }

    @Test func everythingAboutADomainIsReadBack() async throws {
        let fixture = try StoreFixture()
        var domain = try await stored(fixture)
        domain.keys[0].state = .retired
        domain.keys[0].retiredAt = fixture.now + .seconds(5)
        domain.keys[1].state = .active
        domain.status = .verified
        domain.checkedAt = fixture.now + .seconds(5)
        let subject = RecordFinding.Subject(purpose: .returnPath, kind: .mx, name: "bounce.test")
        domain.findings = [
            RecordFinding(subject: subject, status: .differs, found: ["10 \"a\"", "ก"], detail: "because"),
            RecordFinding(subject: .init(purpose: .spf, kind: .txt, name: "acme.test"), status: .ok),
        ]
        domain.nextCheckAt = fixture.now + .seconds(86_400)
        domain.doubtedAt = fixture.now + .seconds(6)
        _ = try await fixture.store.updateDomain(domain)
        let next = try await fixture.reopened()
        let read = try #require(next.store.sendingDomains[SendingDomainName(acme, in: .default)])
        #expect(read.id == domain.id && read.key == domain.key && read.revision == domain.revision + 1)
        #expect(read.original == domain.original && read.createdAt == domain.createdAt)
        #expect(read.status == .verified && read.checkedAt == domain.checkedAt)
        #expect(read.keys == domain.keys)
        #expect(read.findings == domain.findings)
        domain.revision = read.revision
        #expect(read == domain)
        await next.end()
    }

    /// Whatever their selectors, and when they were made.
    @Test func keysStayInTheirOrder() async throws {
        let fixture = try StoreFixture()
        let keys = ["c", "a", "d", "b"].map { key($0, at: fixture.now) }
        var domain = try #require(try await fixture.store.createDomain(domain(fixture, keys)))
        domain.keys.remove(at: 1)
        domain.keys.append(key("0", at: fixture.now - .seconds(1)))
        domain = try #require(try await fixture.store.updateDomain(domain))
        let next = try await fixture.reopened()
        #expect(
            next.store.sendingDomains[SendingDomainName(acme, in: .default)]?.keys.map(\.selector) == [
                "c", "d", "b", "0",
            ])
        #expect(next.store.sendingDomains[SendingDomainName(acme, in: .default)] == domain)
        await next.end()
    }

    @Test func aChangeToWhatIsNoLongerSoIsRefused() async throws {
        let fixture = try StoreFixture()
        let created = try #require(try await fixture.store.createDomain(domain(fixture)))
        var first = created, second = created
        first.keys = [key("a", at: fixture.now)]
        second.keys = [key("b", at: fixture.now)]
        #expect(try await fixture.store.updateDomain(first) != nil)
        let failing = DomainFailing(at: fixture.now, data: "{}")
        #expect(try await fixture.store.updateDomain(second, failing: failing) == nil)
        #expect(fixture.store.sendingDomains[SendingDomainName(acme, in: .default)]?.keys.map(\.selector) == ["a"])
        #expect(try fixture.count("events") == 0)
        await fixture.end()
    }

    /// Its row's number may have been given out again.
    @Test func aDeletedDomainIsNotChangedUnderAnothersName() async throws {
        let fixture = try StoreFixture()
        let gone = try #require(try await fixture.store.createDomain(domain(fixture)))
        #expect(try await fixture.store.deleteDomain(SendingDomainName(acme, in: .default)))
        let other = SendingDomain(
            name: Domain(trusted: "other.test"), original: "other.test", createdAt: fixture.now, keys: [])
        #expect(try await fixture.store.createDomain(other)?.key == gone.key)
        #expect(try await fixture.store.updateDomain(gone) == nil)
        await fixture.end()
    }

    @Test func aRotationIsOneCommit() async throws {
        let fixture = try StoreFixture()
        var domain = try await stored(fixture)
        (domain.keys[0].state, domain.keys[0].retiredAt) = (.retired, fixture.now)
        domain.keys[1].state = .active
        let after = try #require(try await fixture.store.updateDomain(domain))
        #expect(after.activeKeys.map(\.selector) == ["b"])
        #expect(
            fixture.store.sendingDomains[SendingDomainName(acme, in: .default)]?.activeKeys.map(\.selector) == ["b"])
        await fixture.end()
    }

    @Test func twoActiveKeysOfAnAlgorithmAreRefused() async throws {
        let fixture = try StoreFixture()
        var domain = try await stored(fixture)
        domain.keys[1].state = .active
        await #expect(throws: StoreFailure.self) { try await fixture.store.updateDomain(domain) }
        #expect(
            fixture.store.sendingDomains[SendingDomainName(acme, in: .default)]?.activeKeys.map(\.selector) == ["a"])
        await fixture.end()
    }

    static let backwards: [(from: DKIMKeyRow.State, to: DKIMKeyRow.State)] = [
        (.active, .publishing), (.retired, .active), (.retired, .publishing), (.publishing, .retired),
    ]

    @Test(arguments: backwards)
    func keysDoNotMoveBackOrSkip(from: DKIMKeyRow.State, to: DKIMKeyRow.State) async throws {
        let fixture = try StoreFixture()
        let first = key("a", "rsa-sha256", from, at: fixture.now)
        var domain = try #require(try await fixture.store.createDomain(domain(fixture, [first])))
        domain.keys[0].state = to
        domain.keys[0].retiredAt = to == .retired ? fixture.now : nil
        await #expect(throws: StoreFailure.self) { try await fixture.store.updateDomain(domain) }
        await fixture.end()
    }

    @Test(arguments: [
        (SendingDomainStatus.pending, SendingDomainStatus.failing), (.verified, .pending), (.failing, .pending),
    ])
    func aDomainDoesNotGoBack(from: SendingDomainStatus, to: SendingDomainStatus) async throws {
        let fixture = try StoreFixture()
        var domain = domain(fixture)
        (domain.status, domain.checkedAt) = (from, fixture.now)
        domain = try #require(try await fixture.store.createDomain(domain))
        domain.status = to
        await #expect(throws: StoreFailure.self) { try await fixture.store.updateDomain(domain) }
        await fixture.end()
    }

    @Test func anActiveKeyGoesOnlyWithItsDomain() async throws {
        let fixture = try StoreFixture()
        var domain = try await stored(fixture)
        domain.keys.removeFirst()
        await #expect(throws: StoreFailure.self) { try await fixture.store.updateDomain(domain) }
        #expect(try await fixture.store.deleteDomain(SendingDomainName(acme, in: .default)))
        #expect(fixture.store.sendingDomains[SendingDomainName(acme, in: .default)] == nil)
        #expect(try fixture.count("dkim_keys") == 0)
        #expect(try await !fixture.store.deleteDomain(SendingDomainName(acme, in: .default)))
        await fixture.end()
    }

    @Test func anUnsealedPrivateKeyIsRefused() async throws {
        let fixture = try StoreFixture()
        let plain = DKIMKeyRow(
            selector: "a", algorithm: "rsa-sha256", sealedPrivateKey: "MIIE", publicKey: [], createdAt: fixture.now)
        await #expect(throws: StoreFailure.self) { try await fixture.store.createDomain(domain(fixture, [plain])) }
        await fixture.end()
    }

    @Test func failingIsSaidInTheSameCommit() async throws {
        let fixture = try StoreFixture()
        var domain = domain(fixture)
        (domain.status, domain.checkedAt) = (.verified, fixture.now)
        domain = try #require(try await fixture.store.createDomain(domain))
        domain.status = .failing
        let failing = DomainFailing(at: fixture.now + .seconds(1), data: #"{"domain":{}}"#)
        _ = try await fixture.store.updateDomain(domain, failing: failing)
        #expect(fixture.announcedSeqs == [1])
        let event = try #require(
            try await fixture.store.events(in: .default, after: 0, types: [.domainFailing], limit: 9).first)
        #expect(event.data == failing.data && event.timestamp == failing.at && event.message == nil)
        await fixture.end()
    }

    /// What it says is its own: retention counts from it.
    @Test func theEventOfADomainIsPurged() async throws {
        let fixture = try StoreFixture()
        let created = try #require(try await fixture.store.createDomain(domain(fixture)))
        _ = try await fixture.store.updateDomain(created, failing: DomainFailing(at: fixture.now, data: "{}"))
        let kept = Retention(content: .zero, messages: .seconds(60))
        _ = try await fixture.store.purge(at: fixture.now + .seconds(59), retention: kept)
        #expect(try fixture.count("events") == 1)
        _ = try await fixture.store.purge(at: fixture.now + .seconds(60), retention: kept)
        #expect(try fixture.count("events") == 0)
        await fixture.end()
    }

    @Test func messagesOfADomainAreQueuedUntilTheyAreFinal() async throws {
        let fixture = try StoreFixture()
        let message = try await fixture.accept(fixture.submission(to: ["a@x.test", "b@x.test"]))
        let sender = SendingDomainName(Domain(trusted: "acme.example"), in: .default)
        let others = [
            SendingDomainName(Domain(trusted: "x.test"), in: .default),
            SendingDomainName(sender.domain, in: ProjectID(rawValue: 2)),
        ]
        func oldest() async throws -> [SendingDomainName: Timestamp] {
            try await fixture.store.oldestQueued(from: [sender] + others)
        }
        #expect(try await oldest() == [sender: fixture.now])
        #expect(try await fixture.store.oldestQueued(from: others).isEmpty)
        try await fixture.store.record([fixture.attempt(message, [.delivered])])
        #expect(try await oldest() == [sender: fixture.now])
        try await fixture.store.record([fixture.attempt(message, [.delivered], from: 1)])
        #expect(try await oldest().isEmpty)
        await fixture.end()
    }

    @Test func twoProjectsMayHaveOneDomain() async throws {
        let fixture = try StoreFixture()
        let project = try #require(try await fixture.store.createProject("tenant", at: fixture.now))
        for owner in [ProjectID.default, project.id] {
            let domain = SendingDomain(
                name: acme, project: owner, original: "acme.test", createdAt: fixture.now, keys: [])
            #expect(try await fixture.store.createDomain(domain) != nil)
            #expect(try await fixture.store.createDomain(domain) == nil)
        }
        #expect(try await fixture.store.deleteDomain(SendingDomainName(acme, in: .default)))
        let next = try await fixture.reopened()
        #expect(next.store.sendingDomains.all.map(\.fullName) == [SendingDomainName(acme, in: project.id)])
        await next.end()
    }

    @Test func pagesAreNewestFirst() async throws {
        let fixture = try StoreFixture()
        for name in ["a.test", "b.test", "c.test"] {
            _ = try await fixture.store.createDomain(
                SendingDomain(name: Domain(trusted: name), original: name, createdAt: fixture.now, keys: []))
        }
        let first = fixture.store.sendingDomains.page(in: .default, before: nil, limit: 2)
        #expect(first.map(\.original) == ["c.test", "b.test"])
        let rest = fixture.store.sendingDomains.page(in: .default, before: first.last?.key, limit: 2)
        #expect(rest.map(\.original) == ["a.test"])
        #expect(fixture.store.sendingDomains.page(in: ProjectID(rawValue: 2), before: nil, limit: 2).isEmpty)
        await fixture.end()
    }
}
