// MigrationTests.swift — a file of an older version, with rows in every table, as this version finds it.

import Foundation
import GRDB
import Mail
import Synchronization
import TestSupport
import Testing

@testable import Queue

@Suite struct MigrationTests {
    /// A directory whose database is as the second migration left it.
    private func oldDirectory() throws -> String {
        let directory = try DataDirectory.take(temporaryDirectory())
        defer { directory.release() }
        let queue = try DatabaseQueue(path: directory.databasePath)
        defer { try? queue.close() }
        try Schema.migrator.migrate(queue, upTo: "2: webhooks")
        try queue.write { try $0.execute(sql: Self.rows) }
        return directory.path
    }

    private static let rows = """
        INSERT INTO messages (id, uid, project, accepted_at, rfc_message_id, sender, subject, reverse_path, size,
          first_attempt_at, tls, queued, finished_at)
        VALUES (1, x'00000000000000000000000000000001', 1, 1000, '<1@a.test>', 'a@a.test', 'Hi', 'a@a.test', 3, 1000,
          'opportunistic', 0, 2000);
        INSERT INTO contents (message, bytes) VALUES (1, x'410D0A');
        INSERT INTO recipients (message, position, uid, local_part, domain, role, state, attempts, expires_at,
          finished_at, verdict)
        VALUES (1, 0, x'00000000000000000000000000000002', 'b', 'b.test', 'to', 'bounced', 1, 9000, 2000, 2);
        INSERT INTO idempotency (project, key, fingerprint, answer, created_at) VALUES (1, 'k', x'01', x'02', 1000);
        INSERT INTO attempts (id, uid, message, started_at, finished_at, transcript, results)
        VALUES (1, x'00000000000000000000000000000003', 1, 1500, 2000, '', '0 bounced');
        INSERT INTO endpoints (uid, project, url, types, secret, created_at, cursor)
        VALUES (x'00000000000000000000000000000004', 1, 'https://a.test', '', 'whsec_AAAA', 900, 0);
        INSERT INTO events (seq, uid, project, type, at, message, position)
        VALUES (1, x'00000000000000000000000000000005', 1, 'message.accepted', 1000, 1, 0);
        INSERT INTO events (seq, uid, project, type, at, message, position, attempt, number)
        VALUES (2, x'00000000000000000000000000000006', 1, 'message.bounced', 2000, 1, 0, 1, 1);
        INSERT INTO events (seq, uid, project, type, at, endpoint)
        VALUES (3, x'00000000000000000000000000000007', 1, 'webhook.test', 2500, x'00000000000000000000000000000004');
        INSERT INTO verdicts (event, kind, category, reply_code, reply)
        VALUES (2, 'hard', 'invalid_recipient', 550, '550 no');
        INSERT INTO posts (endpoint, event, number, started_at, latency_ms, status)
        VALUES (x'00000000000000000000000000000004', 1, 1, 1100, 5, 500);
        INSERT INTO post_retries (endpoint, event, tries, due_at) VALUES (x'00000000000000000000000000000004', 2, 1, 9000);
        UPDATE counters SET value = 3 WHERE name = 'events';
        """

    @Test func everythingIsThereAfterwards() async throws {
        let fixture = try StoreFixture(directory: oldDirectory())
        let events = try await fixture.store.events(in: .default, after: 0, types: [], limit: 9)
        #expect(events.map(\.seq) == [1, 2, 3])
        #expect(events.map(\.type) == [.accepted, .bounced, .test])
        #expect(events[1].bounce?.replyCode == 550 && events[1].attempt?.number == 1)
        #expect(events.allSatisfy { $0.data == nil })
        let id = try #require(events[0].message?.messageID)
        #expect(try await fixture.store.message(id, in: .default)?.recipients[0].bounce?.message == "550 no")
        let content = try #require(try await fixture.store.content(of: id, in: .default))
        #expect(content.bytes == Array("A\r\n".utf8) && content.bodyHash == nil)
        #expect(!content.form.has8BitBody && !content.form.hasUTF8Header)
        let endpoint = try #require(try await fixture.store.endpoints(in: nil).first)
        let retries = try await fixture.store.dueRetries(
            of: endpoint.id, at: Timestamp(milliseconds: .max), excluding: [], limit: 9)
        #expect(retries.map(\.event.seq) == [2])
        #expect(retries.map(\.tries) == [1] && retries.map(\.dueAt.milliseconds) == [9000])
        #expect(endpoint.status == .enabled && endpoint.timeoutSeconds == 15 && endpoint.maxConcurrency == 8)
        #expect(endpoint.tags.isEmpty && endpoint.oldSecret == nil && endpoint.health == Endpoint.Health())
        for table in ["idempotency", "posts", "verdicts", "recipients"] { #expect(try fixture.count(table) == 1) }
        await fixture.end()
    }

    /// As the eighth migration left it: nothing is paused, and something can be.
    @Test func aFileOfBeforePausesCanPause() async throws {
        let directory = try DataDirectory.take(temporaryDirectory())
        let queue = try DatabaseQueue(path: directory.databasePath)
        try Schema.migrator.migrate(queue, upTo: "8: sandbox mode")
        try queue.close()
        directory.release()
        var fixture = try StoreFixture(directory: directory.path)
        #expect(fixture.store.pauses.domains.isEmpty)
        try await fixture.store.pause(Domain(trusted: "a.test"), because: nil, at: fixture.now)
        fixture = try await fixture.reopened()
        #expect(fixture.store.pauses.domains == [Domain(trusted: "a.test")])
        await fixture.end()
    }

    @Test func onlyAnOlderFileIsUpgraded() async throws {
        final class Upgrades: Sendable { let count = Mutex(0) }
        let upgrades = Upgrades()
        var options = StoreOptions()
        options.onUpgrade = { upgrades.count.withLock { $0 += 1 } }
        let old = try oldDirectory(), new = temporaryDirectory()
        for (directory, expected) in [(new, 0), (new, 0), (old, 1), (old, 1)] {
            let store = try QueueStore.open(directory: directory, clock: ManualClock(), options: options)
            await store.close()
            #expect(upgrades.count.withLock { $0 } == expected)
        }
    }

    @Test func theForeignKeysToEventsHoldAsBefore() async throws {
        let fixture = try StoreFixture(directory: oldDirectory())
        let tables = try fixture.sql { database in
            try ["verdicts", "post_retries"].map { table in
                try String.fetchOne(
                    database, sql: "SELECT \"table\" FROM pragma_foreign_key_list('\(table)') WHERE \"from\" = 'event'")
            }
        }
        #expect(tables == ["events", "events"])
        #expect(
            try fixture.sql {
                try $0.execute(sql: "DELETE FROM events WHERE seq = 2"); return $0.changesCount
            } == 1)
        #expect(try fixture.count("verdicts") == 0)
        #expect(try fixture.count("post_retries") == 0)
        await fixture.end()
    }

    @Test func theNewEventsChecksHold() async throws {
        let fixture = try StoreFixture(directory: oldDirectory())
        // type, endpoint, data
        let wrong = [
            ("domain.failing", "NULL", "NULL"), ("message.failed", "NULL", "'{}'"), ("webhook.test", "NULL", "'{}'"),
            ("domain.failing", "x'01'", "'{}'"), ("message.failed", "NULL", "NULL"),
            ("webhook.disabled", "NULL", "NULL"), ("webhook.disabled", "x'01'", "'{}'"),
        ]
        for (type, endpoint, data) in wrong {
            #expect(throws: DatabaseError.self, "\(type) \(endpoint) \(data)") {
                try fixture.sql { database in
                    try database.execute(
                        sql: """
                            INSERT INTO events (seq, uid, project, type, at, endpoint, data)
                            VALUES (9, x'00000000000000000000000000000009', 1, '\(type)', 0, \(endpoint), \(data))
                            """)
                }
            }
        }
        await fixture.end()
    }

    /// As the third migration left it, with a domain that signs.
    private func directoryWithDomains() throws -> String {
        let directory = try DataDirectory.take(temporaryDirectory())
        defer { directory.release() }
        let queue = try DatabaseQueue(path: directory.databasePath)
        defer { try? queue.close() }
        try Schema.migrator.migrate(queue, upTo: "3: sending domains")
        try queue.write { try $0.execute(sql: Self.domains) }
        return directory.path
    }

    private static let domains = """
        INSERT INTO domains (id, uid, project, name, original, created_at, status, checked_at, next_check_at, revision)
        VALUES (7, x'00000000000000000000000000000001', 1, 'acme.test', 'acme.test', 1000, 'verified', 2000, 3000, 4);
        INSERT INTO dkim_keys (domain, selector, position, algorithm, state, private_key, public_key, created_at)
        VALUES (7, 's', 0, 'ed25519-sha256', 'active', 'v1.sealed', x'01', 1000);
        INSERT INTO domain_findings (domain, position, purpose, kind, name, status, found)
        VALUES (7, 0, 'dkim', 'TXT', 's._domainkey.acme.test', 'ok', '["v=DKIM1"]');
        """

    @Test func domainsAreOfTheDefaultProjectAfterwards() async throws {
        let fixture = try StoreFixture(directory: directoryWithDomains())
        let acme = Domain(trusted: "acme.test")
        let domain = try #require(fixture.store.sendingDomains[SendingDomainName(acme, in: .default)])
        #expect(domain.key == 7 && domain.revision == 4 && domain.status == .verified)
        #expect(domain.keys.map(\.selector) == ["s"] && domain.findings.map(\.found) == [["v=DKIM1"]])
        #expect(fixture.store.access.projects(before: nil, limit: 9).map(\.name) == ["default"])
        #expect(fixture.store.access[.default]?.isDefault == true)
        // The rules about domains and their keys hold as before.
        for sql in ["DELETE FROM dkim_keys", "UPDATE domains SET status = 'pending'", "DELETE FROM projects"] {
            #expect(throws: DatabaseError.self, "\(sql)") { try fixture.sql { try $0.execute(sql: sql) } }
        }
        #expect(try await fixture.store.deleteDomain(domain.fullName))
        for table in ["domains", "dkim_keys", "domain_findings"] { #expect(try fixture.count(table) == 0) }
        await fixture.end()
    }

    /// The Message-ID of before is not of our making, and is found all the same.
    @Test func messagesOfBeforeAreFoundByTheirMessageID() async throws {
        let fixture = try StoreFixture(directory: oldDirectory())
        let reference = try #require(MessageReference("1@a.test"))
        let id = try await fixture.store.messageID(of: reference, in: .default)
        #expect(id == MessageID(bytes: [UInt8](repeating: 0, count: 15) + [1]))
        await fixture.end()
    }

    @Test func anEventThatIsNotAboutAMessageNeedsNoOtherTable() async throws {
        let fixture = try StoreFixture(directory: oldDirectory())
        for (seq, type) in [(8, "webhook.disabled"), (9, "planet.discovered")] {
            try fixture.sql { database in
                try database.execute(
                    sql: """
                        INSERT INTO events (seq, uid, project, type, at, data)
                        VALUES (\(seq), x'00000000000000000000000000000009', 1, '\(type)', 0, '{}')
                        """)
            }
        }
        await fixture.end()
    }

    /// As the third migration left it, with the events that came with it.
    @Test func eventsOfDomainsStay() async throws {
        let directory = try oldDirectory()
        let queue = try DatabaseQueue(path: directory + "/postrider.sqlite")
        try Schema.migrator.migrate(queue, upTo: "3: sending domains")
        try await queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO events (seq, uid, project, type, at, data)
                    VALUES (4, x'00000000000000000000000000000008', 1, 'domain.failing', 2600, '{"domain":1}');
                    UPDATE counters SET value = 4 WHERE name = 'events';
                    """)
        }
        try queue.close()
        let fixture = try StoreFixture(directory: directory)
        let events = try await fixture.store.events(in: .default, after: 0, types: [], limit: 9)
        #expect(events.map(\.seq) == [1, 2, 3, 4])
        #expect(events[3].type == .domainFailing && events[3].data == #"{"domain":1}"#)
        await fixture.end()
    }

    @Test func numbersGoOn() async throws {
        let fixture = try StoreFixture(directory: oldDirectory())
        let key = try await fixture.accept(fixture.submission())
        #expect(key == MessageKey(rawValue: 2))
        #expect(fixture.announcedSeqs == [4])
        await fixture.end()
    }

    /// As each step before left it: nothing is suppressed, and what is there respects suppressions and is live.
    @Test(arguments: ["2: webhooks", "4: projects, keys", "7: looking messages up"])
    func messagesOfBeforeAreLiveAndRespectSuppressions(step: String) async throws {
        let directory = try oldDirectory()
        let taken = try DataDirectory.take(directory)
        let queue = try DatabaseQueue(path: taken.databasePath)
        try Schema.migrator.migrate(queue, upTo: step)
        try queue.close()
        taken.release()
        let fixture = try StoreFixture(directory: directory)
        #expect(fixture.store.suppressions.isEmpty)
        let flags =
            try fixture.sql {
                try Row.fetchOne($0, sql: "SELECT ignores_suppressions, is_sandbox FROM messages").map {
                    [$0[0], $0[1]]
                }
            } as [Int]?
        #expect(flags == [0, 0])
        let event = try await fixture.store.events(in: .default, after: 0, types: [], limit: 1).first
        #expect(event?.message?.isSandbox == false)
        await fixture.end()
    }
}
