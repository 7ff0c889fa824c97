// OpenQuestions.swift — the questions that libunbound is working on, on the resolver's thread.

import CUnbound
import DequeModule

final class OpenQuestions {
    private final class Ticket {
        let question: Question
        let key: UInt
        /// libunbound's, to cancel it.
        var id: CInt = 0
        unowned let questions: OpenQuestions
        init(_ question: Question, key: UInt, of questions: OpenQuestions) {
            (self.question, self.key, self.questions) = (question, key, questions)
        }

        /// libunbound's callback, made inside `ub_process`; the pointer is the ticket.
        static let finish: @convention(c) (UnsafeMutableRawPointer?, CInt, UnsafeMutablePointer<ub_result>?) -> Void = {
            pointer, status, result in
            defer { ub_resolve_free(result) }
            guard let pointer else { return }
            let ticket = Unmanaged<Ticket>.fromOpaque(pointer).takeUnretainedValue()
            guard ticket.questions.tickets.removeValue(forKey: ticket.key) != nil else { return }
            ticket.question.continuation.resume(returning: DNSAnswer(status, result?.pointee, to: ticket.question.name))
        }
    }

    /// RFC 1035 §3.2.4 — IN.
    private static let internetClass: CInt = 1

    private let context: OpaquePointer
    /// Keeps a ticket alive while libunbound holds a pointer to it: until its callback, or until it is cancelled.
    private var tickets: [UInt: Ticket] = [:]
    /// In the order of asking; those answered since are still in it.
    private var deadlines: Deque<(key: UInt, time: ContinuousClock.Instant)> = []
    private var lastKey: UInt = 0

    init(_ context: OpaquePointer) { self.context = context }

    var nextDeadline: ContinuousClock.Instant? { deadlines.first?.time }

    func ask(_ question: Question, until deadline: ContinuousClock.Instant) {
        lastKey += 1
        let ticket = Ticket(question, key: lastKey, of: self)
        let pointer = Unmanaged.passUnretained(ticket).toOpaque()
        let status = ub_resolve_async(
            context, question.name, question.type.rawValue, Self.internetClass, pointer, Ticket.finish, &ticket.id)
        guard status == UB_NOERROR.rawValue else {
            let reason = "\(question.name): \(String(cString: ub_strerror(status)))"
            question.continuation.resume(returning: .failed(reason: reason))
            return
        }
        tickets[ticket.key] = ticket
        deadlines.append((ticket.key, deadline))
    }

    func failOverdue(at now: ContinuousClock.Instant) {
        while let (key, time) = deadlines.first, time <= now || tickets[key] == nil {
            deadlines.removeFirst()
            cancel(key, reason: "no answer in time")
        }
    }

    func failAll(reason: String) {
        for key in Array(tickets.keys) { cancel(key, reason: reason) }
    }

    private func cancel(_ key: UInt, reason: String) {
        guard let ticket = tickets.removeValue(forKey: key) else { return }
        ub_cancel(context, ticket.id)
        ticket.question.continuation.resume(returning: .failed(reason: "\(ticket.question.name): \(reason)"))
    }
}

extension DNSAnswer {
    fileprivate init(_ status: CInt, _ result: ub_result?, to name: String) {
        guard status == UB_NOERROR.rawValue, let result else {
            self = .failed(reason: "\(name): \(String(cString: ub_strerror(status)))")
            return
        }
        let ttl = Int(result.ttl)
        if result.bogus != 0 {
            let why = result.why_bogus.map { String(cString: $0) } ?? "its DNSSEC signatures do not hold"
            self = .failed(reason: "\(name): \(why)")
        } else if result.havedata != 0 {
            self = .records(RecordSet(rdata: Self.rdata(of: result), ttl: ttl, isSecure: result.secure != 0))
        } else if result.nxdomain != 0 {
            self = .noSuchDomain(ttl: ttl)
        } else if result.rcode == 0 {
            self = .noData(ttl: ttl)
        } else {
            self = .failed(reason: "\(name): the DNS answered \(Self.name(ofCode: result.rcode))")
        }
    }

    private static func rdata(of result: ub_result) -> [[UInt8]] {
        var rdata: [[UInt8]] = []
        while let record = result.data?[rdata.count] {
            let count = Int(result.len[rdata.count])
            rdata.append(Array(UnsafeRawBufferPointer(start: record, count: count)))
        }
        return rdata
    }

    /// RFC 1035 §4.1.1, as operators know them.
    private static func name(ofCode code: CInt) -> String {
        switch code {
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        default: "with code \(code)"
        }
    }
}
