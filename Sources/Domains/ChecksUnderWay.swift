// ChecksUnderWay.swift — one check of a domain at a time: who comes while it runs gets its outcome.

import Queue
import Synchronization

final class ChecksUnderWay: Sendable {
    final class Check: Sendable {
        private let isAwaited: Atomic<Bool>

        fileprivate init(isAskedFor: Bool) { isAwaited = Atomic(isAskedFor) }

        /// Somebody waits for it, not just the duty.
        var isAskedFor: Bool { isAwaited.load(ordering: .relaxed) }

        fileprivate func ask() { isAwaited.store(true, ordering: .relaxed) }
    }

    private struct Run {
        let check: Check, task: Task<RegisteredDomain, any Error>
        /// Who gets its outcome.
        var sharers = 1
    }

    private let runs = Mutex<[SendingDomainName: Run]>([:])

    /// Of the check that runs, else of the one that `perform` is. It goes on when its caller is cancelled: others may
    /// wait for it.
    func outcome(
        of name: SendingDomainName, isAskedFor: Bool,
        perform: @escaping @Sendable (Check) async throws -> RegisteredDomain
    ) async throws -> RegisteredDomain {
        let task = runs.withLock { runs in
            if let run = runs[name] {
                if isAskedFor { run.check.ask() }
                runs[name]?.sharers += 1
                return run.task
            }
            let check = Check(isAskedFor: isAskedFor)
            let task = Task {
                defer { self.runs.withLock { $0[name] = nil } }
                return try await perform(check)
            }
            runs[name] = Run(check: check, task: task)
            return task
        }
        return try await task.value
    }

    /// How many share the check that runs.
    func sharers(of name: SendingDomainName) -> Int { runs.withLock { $0[name]?.sharers ?? 0 } }
}
