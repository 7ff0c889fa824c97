// GroupCommitTests.swift — what shares a commit, in what order things are told, and that one bad write fails alone.

import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization
import TestSupport
import Testing

@testable import Queue

@Suite struct GroupCommitTests {
    @Test func whatArrivesDuringACommitSharesTheNext() async {
        let log = Log()
        let began = DispatchSemaphore(value: 0), gate = DispatchSemaphore(value: 0)
        let writer = StoreWriter(
            bounds: .wide,
            commit: { batch in
                log.add("\(batch.count)")
                began.signal()
                gate.wait()
                for write in batch { write.finish(nil) }
            }, end: { log.add("end") })
        writer.enqueue(Write(log: log))
        began.wait()
        for _ in 0..<10 { writer.enqueue(Write(log: log)) }
        gate.signal()
        gate.signal()
        await writer.close()
        #expect(log.lines.filter { $0 != "done" } == ["1", "10", "end"])
        #expect(log.lines.count { $0 == "done" } == 11)
    }

    @Test func aBatchHasBounds() {
        let log = Log()
        let many = (0..<2_500).map { _ in Write(log: log) }
        #expect(StoreWriter.batches(of: many).map(\.count) == [1_000, 1_000, 500])
        let big = [1, 40 << 20, 1, 31 << 20, 2 << 20].map { Write(log: log, bytes: $0) }
        #expect(StoreWriter.batches(of: big).map(\.count) == [1, 1, 2, 1])
    }

    /// What is in a commit still counts; results get in whatever there is, and one write always does.
    @Test func newPromisesAreRefusedWhenTooMuchWaits() async {
        let log = Log()
        let began = DispatchSemaphore(value: 0), gate = DispatchSemaphore(value: 0)
        let writer = StoreWriter(
            bounds: StoreWriter.Bounds(count: 3, bytes: 100),
            commit: { batch in
                began.signal()
                gate.wait()
                for write in batch { write.finish(nil) }
            }, end: {})
        func promise(_ bytes: Int = 1) -> Write { Write(log: log, bytes: bytes, isRefusedWhenFull: true) }
        writer.enqueue(promise(200))
        began.wait()
        writer.enqueue(promise())
        #expect(log.lines == ["overloaded"], "too many bytes")
        for _ in 0..<2 { writer.enqueue(Write(log: log)) }
        gate.signal()
        began.wait()
        writer.enqueue(promise())
        #expect(log.lines == ["overloaded", "done"], "there is room again")
        writer.enqueue(promise())
        #expect(log.lines.count { $0 == "overloaded" } == 2, "too many writes")
        for _ in 0..<2 { gate.signal() }
        await writer.close()
        #expect(log.lines.count { $0 == "done" } == 4)
    }

    @Test func afterCloseAWriteIsTurnedAway() async {
        let log = Log()
        let writer = StoreWriter(bounds: .wide, commit: { _ in log.add("commit") }, end: {})
        await writer.close()
        await writer.close()
        writer.enqueue(Write(log: log))
        #expect(log.lines == ["closed"])
    }

    @Test func submittersGoOnAfterTheCommitWasAnnounced() throws {
        let log = Log()
        let bench = try CommitterBench(log: log)
        bench.commit([Write(log: log, body: bench.insertTestEvent), Write(log: log, body: bench.insertTestEvent)])
        #expect(log.lines == ["events 2", "done", "done"])
        #expect(try bench.count() == 2)
        bench.end()
    }

    @Test func oneBadWriteFailsAlone() throws {
        let log = Log()
        let bench = try CommitterBench(log: log)
        bench.commit([
            Write(log: log, body: bench.insertTestEvent),
            Write(log: log, body: { try $0.database.run("INSERT INTO contents (message, bytes) VALUES (9, x'00')") }),
            Write(log: log, body: bench.insertTestEvent),
        ])
        #expect(log.lines == ["events 1", "done", "refused", "events 2", "done"])
        #expect(try bench.count() == 2)
        bench.end()
    }

    @Test func inABatchThatFindsTheDiskFullOnlyNewMessagesAreRefused() throws {
        let log = Log()
        let path = temporaryDirectory()
        let disk = FaultyDisk(directory: path)
        let bench = try CommitterBench(log: log, path: path)
        let writesUntilHealed = Mutex(1)
        disk.fail { call in
            guard call == .write else { return SQLITE_OK }
            return writesUntilHealed.withLock { left in
                defer { left -= 1 }
                return left > 0 ? SQLITE_FULL : SQLITE_OK
            }
        }
        bench.commit([
            Write(log: log, isRefusedWhenFull: true, body: bench.insertTestEvent),
            Write(log: log, body: bench.insertTestEvent),
        ])
        #expect(log.lines == ["full", "events 1", "done"])
        #expect(try bench.count() == 1)
        bench.end()
    }
}

extension StoreWriter.Bounds {
    static let wide = StoreWriter.Bounds(count: .max, bytes: .max / 2)
}

/// A committer over a real file, without the thread.
private struct CommitterBench {
    let path: String
    let pool: DatabasePool
    let committer: Committer

    init(log: Log, path: String = temporaryDirectory()) throws {
        self.path = path
        let directory = try DataDirectory.take(path)
        pool = try directory.openDatabase(readers: 1)
        let health = StoreHealth(onBroken: { _ in })
        health.set(StoreHealth.Sinks(events: { log.add("events \($0)") }))
        let reserve = ReserveFile(path: directory.reservePath, size: 0)
        committer = try Committer(
            pool: pool, clock: ManualClock(), reserve: reserve, health: health)
    }

    let insertTestEvent: @Sendable (inout WriteTransaction) throws -> Void = { transaction in
        try transaction.database.run(
            "INSERT INTO events (seq, uid, project, type, at, endpoint) VALUES (?, ?, 1, 'webhook.test', 0, x'00')",
            transaction.nextEvent, EventID(at: Timestamp(milliseconds: 0)))
        transaction.nextEvent += 1
    }

    func commit(_ writes: [Write]) { committer.commit((writes as [any PendingWrite])[...]) }
    func end() { try? FileManager.default.removeItem(atPath: path) }
    func count() throws -> Int { try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM events") ?? 0 } }
}

/// A write that tells the log how it ended.
private struct Write: PendingWrite {
    let log: Log
    var bytes = 1
    var isRefusedWhenFull = false
    var body: @Sendable (inout WriteTransaction) throws -> Void = { _ in }

    func run(in transaction: inout WriteTransaction) throws { try body(&transaction) }
    func finish(_ failure: StoreFailure?) {
        switch failure {
        case nil: log.add("done")
        case .full: log.add("full")
        case .overloaded: log.add("overloaded")
        case .broken: log.add("broken")
        case .refused: log.add("refused")
        case .closed: log.add("closed")
        case .projectDeleted: log.add("project deleted")
        }
    }
}

private final class Log: Sendable {
    private let written = Mutex<[String]>([])
    var lines: [String] { written.withLock { $0 } }
    func add(_ line: String) { written.withLock { $0.append(line) } }
}
