// FailureTests.swift — what is kept and what is refused when the disk is full, or fails.

import Foundation
import GRDB
import GRDBSQLite
import Synchronization
import TestSupport
import Testing

@testable import Queue

@Suite struct FullDiskTests {
    @Test func newMessagesAreRefusedAndResultsRecorded() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        let before = fixture.submission()
        let key = try await fixture.accept(before)
        disk.fill(butFor: directory + "/reserve")

        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.submit(fixture.submission()) }
        #expect(fixture.ready.count == 1)
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        let stored = try #require(try await fixture.store.message(before.id, in: .default))
        #expect(stored.recipients[0].state == .delivered)
        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.submit(fixture.submission()) }
        await fixture.end()
    }

    @Test func aResultThatFindsTheDiskFullIsWrittenFromTheReserve() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        let key = try await fixture.accept(fixture.submission())
        disk.fill(butFor: directory + "/reserve")
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        #expect(size(of: directory + "/reserve") == 0)
        await fixture.end()
    }

    @Test func messagesAreTakenAgainOnceThereIsRoomForTheReserve() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        disk.fill(butFor: directory + "/reserve")
        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.submit(fixture.submission()) }
        disk.heal()
        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.submit(fixture.submission()) }
        fixture.clock.advance(by: .seconds(1))
        #expect(try await fixture.store.submit(fixture.submission()) == .accepted)
        #expect(size(of: directory + "/reserve") == StoreOptions.small.reserveBytes)
        await fixture.end()
    }

    @Test func aRepetitionIsAnsweredOnAFullDiskToo() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        let claim = IdempotencyClaim(key: "k", fingerprint: [1], answer: [7])
        _ = try await fixture.store.submit(fixture.submission(key: claim))
        disk.fill(butFor: directory + "/reserve")
        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.submit(fixture.submission()) }
        #expect(try await fixture.store.submit(fixture.submission(key: claim)) == .replayed(answer: [7]))
        let other = IdempotencyClaim(key: "k", fingerprint: [2], answer: [8])
        #expect(try await fixture.store.submit(fixture.submission(key: other)) == .keyReused)
        #expect(fixture.ready.count == 1)
        await fixture.end()
    }

    @Test func itSaysWhetherItTakesMessagesAndWritesNothing() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        disk.fail { _ in SQLITE_IOERR }
        #expect(await fixture.store.takesMessages())
        disk.fill(butFor: directory + "/reserve")
        await #expect(throws: StoreFailure.full) { _ = try await fixture.store.submit(fixture.submission()) }
        #expect(await !fixture.store.takesMessages())
        disk.heal()
        fixture.clock.advance(by: .seconds(1))
        #expect(await fixture.store.takesMessages())
        await fixture.store.close()
        #expect(await !fixture.store.takesMessages())
        await fixture.end()
    }

    @Test func withTheReserveSpentResultsFailToo() async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let fixture = try StoreFixture(directory: directory)
        let key = try await fixture.accept(fixture.submission())
        disk.fail { call in call == .write ? SQLITE_FULL : SQLITE_OK }
        await #expect(throws: StoreFailure.full) {
            try await fixture.store.record([fixture.attempt(key, [.delivered])])
        }
        disk.heal()
        try await fixture.store.record([fixture.attempt(key, [.delivered])])
        await fixture.end()
    }

    @Test func aReserveThatDoesNotFitHoldsNothing() {
        let path = temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(!ReserveFile(path: path, size: 1 << 60).take())
        #expect(size(of: path) == 0)
        #expect(ReserveFile(path: path, size: 8192).take())
        #expect(size(of: path) == 8192)
    }
}

@Suite struct BrokenStoreTests {
    @Test(arguments: [
        (FaultyDisk.Call.sync, ResultCode.SQLITE_IOERR_FSYNC), (.write, .SQLITE_IOERR_WRITE),
        (.write, .SQLITE_READONLY),
    ])
    func aFailedCommitIsTheEnd(_ call: FaultyDisk.Call, _ code: ResultCode) async throws {
        let directory = temporaryDirectory()
        let disk = FaultyDisk(directory: directory)
        let reports = Reports()
        var options = StoreOptions.small
        options.onBroken = { reports.add($0) }
        let fixture = try StoreFixture(directory: directory, options: options)
        let before = fixture.submission()
        try await fixture.accept(before)
        disk.fail { $0 == call ? code.rawValue : SQLITE_OK }

        for _ in 0..<2 {
            let failure = await #expect(throws: StoreFailure.self) {
                _ = try await fixture.store.submit(fixture.submission())
            }
            #expect(isBroken(failure))
        }
        let failure = await #expect(throws: StoreFailure.self) {
            _ = try await fixture.store.message(before.id, in: .default)
        }
        #expect(isBroken(failure))
        #expect(reports.all.count == 1)
        #expect(fixture.ready.count == 1)

        disk.heal()
        let next = try await fixture.reopened()
        #expect(try await next.store.message(before.id, in: .default) != nil)
        await next.end()
    }

    @Test(arguments: [
        (ResultCode.SQLITE_FULL, StoreFailure.full), (.SQLITE_IOERR_SHMSIZE, .full),
        (.SQLITE_IOERR_FSYNC, .broken("")), (.SQLITE_IOERR, .broken("")), (.SQLITE_CORRUPT, .broken("")),
        (.SQLITE_NOTADB, .broken("")), (.SQLITE_READONLY, .broken("")), (.SQLITE_CANTOPEN, .refused("")),
        (.SQLITE_NOMEM, .broken("")), (.SQLITE_BUSY, .broken("")), (.SQLITE_CONSTRAINT_CHECK, .refused("")),
        (.SQLITE_TOOBIG, .refused("")), (.SQLITE_ERROR, .refused("")),
    ])
    func everyErrorOfSQLiteHasItsMeaning(_ code: ResultCode, _ expected: StoreFailure) {
        switch StoreFailure(DatabaseError(resultCode: code)) {
        case .full: #expect(expected == .full)
        case .broken: #expect(expected == .broken(""))
        case .refused: #expect(expected == .refused(""))
        case .closed, .overloaded, .projectDeleted:
            Issue.record("an error of SQLite is neither a closed store nor one with too much to do")
        }
    }

    @Test func aClosedStoreSaysSo() async throws {
        let fixture = try StoreFixture()
        await fixture.store.close()
        await #expect(throws: StoreFailure.closed) { _ = try await fixture.store.submit(fixture.submission()) }
        await #expect(throws: StoreFailure.closed) { _ = try await fixture.store.destinations() }
        await fixture.end()
    }
}

private func isBroken(_ failure: StoreFailure?) -> Bool {
    if case .broken = failure { true } else { false }
}

private func size(of path: String) -> Int {
    ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
}

private final class Reports: Sendable {
    private let failures = Mutex<[StoreFailure]>([])
    var all: [StoreFailure] { failures.withLock { $0 } }
    func add(_ failure: StoreFailure) { failures.withLock { $0.append(failure) } }
}
