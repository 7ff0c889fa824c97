// ResolverThread.swift — the thread that alone talks to libunbound.
//
// Questions arrive in a list and wake the thread through an eventfd, once for a burst. libunbound works on a thread of its
// own and makes `ub_fd` readable when it has answers; `ub_process` then calls back here. A question that is not answered
// in time is cancelled and fails. All timeouts are the same, so the open questions are in the order of their deadlines.

import CUnbound
import Glibc
import Synchronization

final class ResolverThread: Sendable {
    private struct Inbox {
        var questions: [Question] = []
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    private let wakeUp: CInt
    private let context: UnboundContext
    private let timeout: Duration

    init(_ context: UnboundContext, timeout: Duration) throws(ResolverError) {
        (self.context, self.timeout) = (context, timeout)
        wakeUp = wakeup_open()
        guard wakeUp >= 0 else { throw ResolverError(description: "eventfd: \(String(cString: strerror(errno)))") }
        // The thread owns itself until it ends.
        let this = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ResolverThread>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, this.toOpaque())
        guard status == 0 else {
            this.release()
            throw ResolverError(description: "pthread_create: \(String(cString: strerror(status)))")
        }
        pthread_detach(thread)
    }

    deinit { if wakeUp >= 0 { Glibc.close(wakeUp) } }

    func ask(_ question: Question) {
        let accepted = inbox.withLock { inbox -> (isOpen: Bool, isFirst: Bool) in
            guard !inbox.isClosed else { return (false, false) }
            inbox.questions.append(question)
            return (true, inbox.questions.count == 1)
        }
        if accepted.isFirst { eventfd_write(wakeUp, 1) }
        if !accepted.isOpen { question.continuation.resume(returning: .failed(reason: "the resolver is closed")) }
    }

    func close() {
        inbox.withLock { $0.isClosed = true }
        eventfd_write(wakeUp, 1)
    }

    // MARK: On the thread

    private func run() {
        let open = OpenQuestions(context.pointer)
        var descriptors = [
            pollfd(fd: ub_fd(context.pointer), events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let wait = open.nextDeadline.map { ContinuousClock.now.duration(to: $0).pollMilliseconds } ?? -1
            poll(&descriptors, nfds_t(descriptors.count), wait)
            if descriptors[0].revents != 0 { ub_process(context.pointer) }
            let (questions, isClosed) = takeQuestions()
            for question in questions { open.ask(question, until: .now + timeout) }
            open.failOverdue(at: .now)
            if isClosed { break }
        }
        open.failAll(reason: "the resolver is closed")
        ub_ctx_delete(context.pointer)
    }

    private func takeQuestions() -> ([Question], isClosed: Bool) {
        var count: eventfd_t = 0
        eventfd_read(wakeUp, &count)
        return inbox.withLock { inbox in
            defer { inbox.questions = [] }
            return (inbox.questions, inbox.isClosed)
        }
    }
}

extension Duration {
    /// Rounded up, so that the moment has come when poll(2) returns.
    fileprivate var pollMilliseconds: CInt {
        let (seconds, attoseconds) = components
        return CInt(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
    }
}
