// QueueBenchmark.swift — what the store's one writer costs per message: accept 2-KB messages, then record them delivered.
//
//     swift run -c release QueueBenchmark [MESSAGES] [SUBMITTERS]

import Foundation
import Mail
import Queue
import Synchronization

@main struct QueueBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let count = arguments.first ?? 100_000, submitters = arguments.dropFirst().first ?? 200
        let directory = FileManager.default.currentDirectoryPath + "/queue-benchmark-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: directory) }

        let store = try QueueStore.open(directory: directory, clock: SystemClock())
        let commits = Atomic(0)
        store.start(ready: { _ in }, events: { _ in commits.add(1, ordering: .relaxed) })
        try await measure("accepted", count, submitters, commits) { index in
            _ = try await store.submit(submission(index))
        }
        try await measure("recorded", count, submitters, commits) { index in
            try await store.record([delivery(of: MessageKey(rawValue: Int64(index + 1)))])
        }
        await store.close()
    }

    static func measure(
        _ what: String, _ count: Int, _ submitters: Int, _ commits: borrowing Atomic<Int>,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let (start, cpu, before) = (ContinuousClock.now, writerCPU(), commits.load(ordering: .relaxed))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 0..<submitters {
                group.addTask {
                    for index in stride(from: first, to: count, by: submitters) { try await body(index) }
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let perCommit = count / max(1, commits.load(ordering: .relaxed) - before)
        let micros = (writerCPU() - cpu) / Double(count) * 1e6
        print("\(what): \(Int(Double(count) / seconds))/s, \(perCommit) per commit, writer \(micros.rounded()) µs each")
    }

    /// Seconds of processor time of the writer's thread.
    static func writerCPU() -> Double {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for task in tasks {
            guard let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8),
                name.hasPrefix("store-writer"),
                let stat = try? String(contentsOfFile: "/proc/self/task/\(task)/schedstat", encoding: .utf8)
            else { continue }
            return (stat.split(separator: " ").first.flatMap { Double($0) } ?? 0) / 1e9
        }
        return 0
    }

    static let content = MessageContent(bytes: Array(repeating: UInt8(ascii: "x"), count: 2048))

    static func submission(_ index: Int) -> Submission {
        let now = SystemClock().now
        let mailbox = Mailbox(localPart: "user\(index)", domain: Domain(trusted: "d\(index % 20).test"))
        return Submission(
            id: MessageID(at: now), acceptedAt: now, rfcMessageID: "<\(index)@acme.example>",
            from: "Acme <hello@acme.example>", fromDomain: Domain(trusted: "acme.example"), subject: "Your code",
            reversePath: .mailbox(mailbox), content: content,
            recipients: [.init(id: RecipientID(at: now), mailbox: mailbox, role: .to)],
            expiresAt: now + .seconds(432_000), delayNoticeAt: now + .seconds(14_400))
    }

    static func delivery(of message: MessageKey) -> AttemptRecord {
        let now = SystemClock().now
        return AttemptRecord(
            id: AttemptID(at: now), message: message, startedAt: now, finishedAt: now, host: "mx1.d1.test",
            address: "192.0.2.1", tls: "TLSv1.3 TLS_AES_256_GCM_SHA384", reply: "250 2.0.0 Ok: queued as 4XyZ",
            transcript: String(repeating: "+0.012 < 250 2.1.5 Recipient ok, and more of the dialogue\n", count: 12),
            results: [RecipientResult(position: 0, outcome: .delivered)])
    }
}
