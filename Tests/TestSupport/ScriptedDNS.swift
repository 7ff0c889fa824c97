// ScriptedDNS.swift — a DNS server on loopback that says what a test tells it.
//
// UDP only. It ignores EDNS, as old servers do, and signs nothing. It serves until the process ends: a test's last use
// of it is often the port number, and Swift would let go of it there.

import Foundation
import Glibc
import Synchronization

package final class ScriptedDNS: Sendable {
    package enum Record: Sendable {
        case a(String), aaaa(String), mx(UInt16, String), cname(String)
        /// Cut into strings of 255 bytes.
        case txt(String)
    }

    package enum Answer: Sendable {
        /// None: the name exists, but not with this type.
        case records([Record], ttl: UInt32 = 300)
        case noSuchDomain, serverFailure, refused, silence
    }

    package struct Question: Hashable, Sendable {
        package let name: String
        /// 1 is A, 15 MX, 16 TXT, 28 AAAA.
        package let type: UInt16
    }

    private final class Log: Sendable {
        let questions = Mutex<[Question]>([])
        let gate = NSCondition()
        let isHeld = Atomic(false)
    }

    package let port: UInt16
    private let log = Log()

    /// All questions so far, in their order.
    package var questions: [Question] { log.questions.withLock { $0 } }
    /// Takes questions, and answers none before `release`.
    package func hold() { log.isHeld.store(true, ordering: .relaxed) }

    package func release() {
        log.gate.withLock {
            log.isHeld.store(false, ordering: .relaxed)
            log.gate.broadcast()
        }
    }

    /// As the setting `dns.servers` has it.
    package var server: String { "127.0.0.1:\(port)" }

    /// Answers from a table; a name that is not in it does not exist.
    package convenience init(_ zone: [String: [Record]]) throws {
        try self.init { question in zone[question.name].map { .records($0) } ?? .noSuchDomain }
    }

    /// `answer` runs on the server's thread, one question at a time, and may block there. It gives all records of the
    /// name: the server picks those of the type, and CNAMEs. (A chain wants all its records under the first name.)
    package init(answer: @escaping @Sendable (Question) -> Answer) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        port = try Self.bind(socket, &address)
        let log = log
        Thread.detachNewThread { Self.serve(socket, log, answer) }
    }

    private static func bind(_ socket: CInt, _ address: inout sockaddr_in) throws -> UInt16 {
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                Glibc.bind(socket, pointer, size) == 0 ? getsockname(socket, pointer, &size) : -1
            }
        }
        guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func serve(_ socket: CInt, _ log: Log, _ answer: (Question) -> Answer) -> Never {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var peer = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutablePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                    let count = recvfrom(socket, &buffer, buffer.count, 0, peer, &size)
                    guard count > 0 else { return }
                    let query = DNSMessage(query: Array(buffer[..<count]))
                    log.questions.withLock { $0.append(query.question) }
                    log.gate.withLock { while log.isHeld.load(ordering: .relaxed) { log.gate.wait() } }
                    let reply = query.reply(answer(query.question))
                    if !reply.isEmpty { _ = sendto(socket, reply, reply.count, 0, peer, size) }
                }
            }
        }
    }
}

/// A query as far as the server understands it.
private struct DNSMessage {
    let head: [UInt8]
    let question: ScriptedDNS.Question
    private let end: Int

    init(query: [UInt8]) {
        var labels: [String] = []
        var index = 12
        while query[index] != 0 {
            let next = index + 1 + Int(query[index])
            labels.append(String(decoding: query[(index + 1)..<next], as: UTF8.self).lowercased())
            index = next
        }
        head = query
        end = index + 5
        question = .init(
            name: labels.joined(separator: "."), type: UInt16(query[index + 1]) << 8 | UInt16(query[index + 2]))
    }

    /// Empty for silence.
    func reply(_ answer: ScriptedDNS.Answer) -> [UInt8] {
        switch answer {
        case .silence: []
        case .noSuchDomain: reply(code: 3, [])
        case .serverFailure: reply(code: 2, [])
        case .refused: reply(code: 5, [])
        case .records(let records, let ttl): reply(code: 0, encoded(records, ttl: ttl))
        }
    }

    private func reply(code: UInt8, _ records: [[UInt8]]) -> [UInt8] {
        head[..<2] + [0x85, 0x80 | code, 0, 1, 0, UInt8(records.count), 0, 0, 0, 0] + head[12..<end] + records.joined()
    }

    /// A CNAME renames what follows it.
    private func encoded(_ records: [ScriptedDNS.Record], ttl: UInt32) -> [[UInt8]] {
        var owner = question.name
        return records.compactMap { record in
            guard record.type == question.type || record.type == 5 else { return nil }
            defer { if case .cname(let target) = record { owner = target } }
            let rdata = record.rdata
            return Self.wire(owner) + [0, UInt8(record.type), 0, 1] + Self.bytes(ttl)
                + Self.bytes(UInt32(rdata.count))[2...] + rdata
        }
    }

    static func wire(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}

extension ScriptedDNS.Record {
    fileprivate var type: UInt16 {
        switch self {
        case .a: 1
        case .cname: 5
        case .mx: 15
        case .txt: 16
        case .aaaa: 28
        }
    }

    fileprivate var rdata: [UInt8] {
        switch self {
        case .a(let text): Self.address(text, AF_INET, 4)
        case .aaaa(let text): Self.address(text, AF_INET6, 16)
        case .cname(let name): DNSMessage.wire(name)
        case .mx(let preference, let name): DNSMessage.bytes(UInt32(preference))[2...] + DNSMessage.wire(name)
        case .txt(let text): Self.strings(Array(text.utf8))
        }
    }

    private static func strings(_ text: [UInt8]) -> [UInt8] {
        stride(from: 0, to: max(text.count, 1), by: 255).flatMap { start in
            let string = text[start..<min(start + 255, text.count)]
            return [UInt8(string.count)] + string
        }
    }

    private static func address(_ text: String, _ family: CInt, _ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(inet_pton(family, text, &bytes) == 1, "not an address: \(text)")
        return bytes
    }
}
