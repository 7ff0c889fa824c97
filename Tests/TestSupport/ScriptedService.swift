// ScriptedService.swift — a server that answers one request on each connection as its script says, then is gone.

import Address
import Foundation
import Glibc
import Settings
import Synchronization

package final class ScriptedService: Sendable {
    package struct Request: Sendable {
        package let head: String
        package let body: String

        package var line: String { String(head.prefix { $0 != "\r\n" }) }

        /// Its name in lower case.
        package func field(_ name: String) -> String? {
            let lines = head.components(separatedBy: "\r\n")
            return lines.first { $0.lowercased().hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
        }
    }

    /// Everything that is sent before the connection is closed.
    package struct Answer: Sendable {
        let pieces: [String]

        package init(pieces: [String]) { self.pieces = pieces }

        package static func json(_ body: String, status: Int = 200, _ fields: [String] = []) -> Answer {
            whole(body, status: status, fields + ["Content-Type: application/json"])
        }

        package static func whole(_ body: String, status: Int = 200, _ fields: [String] = []) -> Answer {
            let lines = ["HTTP/1.1 \(status) Said", "Content-Length: \(body.utf8.count)", "Connection: close"] + fields
            return Answer(pieces: [lines.joined(separator: "\r\n") + "\r\n\r\n" + body])
        }

        /// A stream that ends with the connection.
        package static func stream(_ pieces: String...) -> Answer {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
            return Answer(pieces: [head] + pieces)
        }

        package static let hangUp = Answer(pieces: [])
    }

    package let address: TransportAddress
    private let received = Mutex<[Request]>([])
    private let isDone = DispatchSemaphore(value: 0)

    package init(_ answers: Answer..., on ip: IPAddress = .v4(0x7F00_0001)) throws {
        let listener = Glibc.socket(ip.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // Unbound: the system picks a port on any address.
        guard listener >= 0, listen(listener, 8) == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        address = TransportAddress(ip: ip, port: try Self.port(of: listener))
        Thread.detachNewThread { [self] in
            for answer in answers { serve(listener, answer) }
            close(listener)
            isDone.signal()
        }
    }

    /// So far.
    package var requests: [Request] { received.withLock { $0 } }

    /// Blocks until the script is at its end and nobody listens any more.
    package func waitForEnd() { isDone.wait() }

    private func serve(_ listener: CInt, _ answer: Answer) {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        guard let request = read(connection) else { return }
        received.withLock { $0.append(request) }
        for piece in answer.pieces { _ = send(connection, piece, piece.utf8.count, Int32(MSG_NOSIGNAL)) }
    }

    private func read(_ connection: CInt) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let request = Request(head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
            if request.body.utf8.count >= Int(request.field("content-length") ?? "0") ?? 0 { return request }
        }
    }

    private static func port(of listener: CInt) throws -> Int {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let found = withUnsafeMutableBytes(of: &name) { bytes in
            getsockname(listener, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard found == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        // The port stands at the same place in both families.
        return withUnsafeBytes(of: name) {
            Int(UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}
