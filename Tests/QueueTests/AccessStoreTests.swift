// AccessStoreTests.swift — projects and keys: kept, changed, followed in memory, and gone for good.

import Address
import Foundation
import GRDB
import Mail
import TestSupport
import Testing

@testable import Queue

@Suite struct AccessStoreTests {
    private func key(
        _ fixture: StoreFixture, in project: ProjectID = .default, digest byte: UInt8 = 1
    ) -> APIKey {
        let secret = APIKey.Secret(digest: [UInt8](repeating: byte, count: 32), prefix: "pr_live_ab12")
        return APIKey(
            project: project, mode: .live, name: "test", secret: secret,
            grant: APIKey.Grant(scopes: [.keys, .metrics]),
            createdAt: fixture.now)
    }

    @Test func everythingAboutAKeyIsKept() async throws {
        let fixture = try StoreFixture()
        var key = key(fixture)
        key.grant.fromDomains = ["acme.test", "xn--o3cw4h.test"].map { Domain(trusted: $0) }
        key.grant.allowedNetworks = ["192.0.2.0/24", "2001:db8::/32"].compactMap { Network($0) }
        (key.grant.expiresAt, key.grant.rateLimit) = (fixture.now + .seconds(60), 7)
        let plain = self.key(fixture, digest: 2)
        let stored = try #require(try await fixture.store.createKey(key))
        let storedPlain = try #require(try await fixture.store.createKey(plain))
        var rolled = storedPlain
        rolled.previous = APIKey.Previous(digest: plain.secret.digest, until: fixture.now)
        rolled.secret = APIKey.Secret(digest: [UInt8](repeating: 3, count: 32), prefix: "pr_live_cd34")
        #expect(try await fixture.store.replaceKey(storedPlain, by: rolled))
        let next = try await fixture.reopened()
        #expect(next.store.access.keys(in: .default, before: nil, limit: 9) == [rolled, stored])
        for digest in [key.secret.digest, plain.secret.digest, rolled.secret.digest] {
            #expect(next.store.access.keys(near: digest).count == 1)
        }
        await next.end()
    }

    @Test func aChangeOfWhatIsNoLongerSoIsRefused() async throws {
        let fixture = try StoreFixture()
        let stored = try #require(try await fixture.store.createKey(key(fixture)))
        var narrow = stored, renamed = stored
        narrow.grant.scopes = [.metrics]
        renamed.name = "mine"
        #expect(try await fixture.store.replaceKey(stored, by: narrow))
        #expect(try await !fixture.store.replaceKey(stored, by: renamed))
        #expect(fixture.store.access.key(stored.id) == narrow)
        await fixture.end()
    }

    @Test func aRevokedKeyIsForgotten() async throws {
        let fixture = try StoreFixture()
        let stored = try #require(try await fixture.store.createKey(key(fixture)))
        #expect(try await fixture.store.revokeKey(stored.id))
        #expect(fixture.store.access.keys(near: stored.secret.digest).isEmpty)
        #expect(fixture.store.access.key(stored.id) == nil)
        #expect(try await !fixture.store.revokeKey(stored.id))
        #expect(try await !fixture.store.replaceKey(stored, by: stored))
        let next = try await fixture.reopened()
        #expect(next.store.access.keys(in: nil, before: nil, limit: 9).isEmpty)
        await next.end()
    }

    @Test func usesAreWrittenTogetherAndNotEachTime() async throws {
        let fixture = try StoreFixture()
        let stored = try #require(try await fixture.store.createKey(key(fixture)))
        let access = fixture.store.access
        let first = fixture.now
        access.noteUse(of: stored.id, at: first)
        access.noteUse(of: stored.id, at: first + .seconds(59))
        #expect(access.lastUse(of: stored.id) == first)
        let inFile = { try fixture.sql { try Int64.fetchOne($0, sql: "SELECT last_used_at FROM api_keys") } }
        #expect(try inFile() == nil)
        try await fixture.store.writeKeyUses()
        #expect(try inFile() == first.milliseconds)
        #expect(access.takeUnwrittenUses().isEmpty)
        let next = try await fixture.reopened()
        #expect(next.store.access.lastUse(of: stored.id) == first)
        await next.end()
    }

    @Test func usesThatCouldNotBeWrittenAreKept() async throws {
        let fixture = try StoreFixture()
        let stored = try #require(try await fixture.store.createKey(key(fixture)))
        fixture.store.access.noteUse(of: stored.id, at: fixture.now)
        await fixture.store.close()
        await #expect(throws: StoreFailure.closed) { try await fixture.store.writeKeyUses() }
        #expect(fixture.store.access.takeUnwrittenUses() == [stored.id: fixture.now])
        await fixture.end()
    }

    @Test func theNumberOfAProjectIsNotGivenAgain() async throws {
        let fixture = try StoreFixture()
        let first = try #require(try await fixture.store.createProject("a", at: fixture.now))
        #expect(try await fixture.store.createProject("a", at: fixture.now) == nil)
        #expect(try await fixture.store.deleteProject(first.id, at: fixture.now) == .done)
        #expect(try await fixture.store.deleteProject(first.id, at: fixture.now) == .noSuchProject)
        let second = try #require(try await fixture.store.createProject("a", at: fixture.now))
        #expect(second.id != first.id)
        #expect(try await fixture.store.createKey(key(fixture, in: first.id)) == nil, "nothing is made in it any more")
        #expect(try await !fixture.store.renameProject(first, to: "b"))
        #expect(try await fixture.store.deleteProject(.default, at: fixture.now) == .noSuchProject)
        let next = try await fixture.reopened()
        #expect(next.store.access.projects(before: nil, limit: 9).map(\.id) == [second.id, .default])
        await next.end()
    }

    @Test func aProjectWithQueuedMailStays() async throws {
        let fixture = try StoreFixture()
        let project = try #require(try await fixture.store.createProject("a", at: fixture.now))
        try await fixture.accept(fixture.submission())
        var submission = fixture.submission()
        submission.project = project.id
        let message = try await fixture.accept(submission)
        #expect(try await fixture.store.deleteProject(project.id, at: fixture.now) == .hasQueued)
        try await fixture.store.record([fixture.attempt(message, [.delivered])])
        #expect(try await fixture.store.deleteProject(project.id, at: fixture.now) == .done)
        await fixture.end()
    }

    /// Who was let in before may come after it, or with it into one commit.
    @Test func nothingNewGetsIntoADeletedProject() async throws {
        let fixture = try StoreFixture()
        let (store, now) = (fixture.store, fixture.now)
        let project = try #require(try await store.createProject("a", at: now)).id
        var submission = fixture.submission()
        submission.project = project
        let late = submission
        let release = DispatchSemaphore(value: 0)
        let before = Task { try await store.write { _ in release.wait() } }
        while store.pendingWrites < 1 { await Task.yield() }
        let deletion = Task { try await store.deleteProject(project, at: now) }
        while store.pendingWrites < 2 { await Task.yield() }
        let sending = Task { try await store.submit(late) }
        while store.pendingWrites < 3 { await Task.yield() }
        release.signal()
        try await before.value
        #expect(try await deletion.value == .done)
        await #expect(throws: StoreFailure.projectDeleted) { try await sending.value }
        await #expect(throws: StoreFailure.projectDeleted) { try await store.submit(late) }
        let address = SuppressedAddress(mailbox("a@x.test"))
        await #expect(throws: StoreFailure.projectDeleted) {
            _ = try await store.suppress([NewSuppression(address: address)], in: project, at: now)
        }
        #expect(try fixture.count("messages") == 0 && fixture.count("suppressions") == 0)
        await fixture.end()
    }
}
