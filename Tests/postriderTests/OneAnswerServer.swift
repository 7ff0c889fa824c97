// OneAnswerServer.swift — a server that reads one request, answers in given pieces and closes everything.

import Address
import Foundation
import Glibc
import Settings
import Synchronization
import Testing

final class OneAnswerServer: Sendable {
    let address: TransportAddress
    private let received = Mutex("")
    private let isDone = DispatchSemaphore(value: 0)

    init(on ip: IPAddress, pieces: [String]) throws {
        let listener = Glibc.socket(ip.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listener >= 0 && listen(listener, 1) == 0)  // unbound: the system picks a port on any address
        address = TransportAddress(ip: ip, port: try Self.port(of: listener))
        Thread.detachNewThread { [self] in
            serve(listener, pieces)
            close(listener)
            isDone.signal()
        }
    }

    /// What was asked, once everything is closed.
    func request() -> String {
        isDone.wait()
        return received.withLock { $0 }
    }

    private func serve(_ listener: CInt, _ pieces: [String]) {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        let request = read(connection)
        received.withLock { $0 = request }
        for piece in pieces { _ = send(connection, piece, piece.utf8.count, Int32(MSG_NOSIGNAL)) }
    }

    /// The whole of it, as long as its Content-Length says; what there is, if the peer ends before.
    private func read(_ connection: CInt) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            bytes += buffer[..<max(0, count)]
            let text = String(decoding: bytes, as: UTF8.self)
            let parts = text.components(separatedBy: "\r\n\r\n")
            let field = parts[0].lowercased().components(separatedBy: "content-length: ")
            let length = field.count > 1 ? Int(field[1].prefix { $0.isNumber }) ?? 0 : 0
            if count <= 0 || (parts.count > 1 && parts[1...].joined(separator: "\r\n\r\n").utf8.count >= length) {
                return text
            }
        }
    }

    private static func port(of listener: CInt) throws -> Int {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let found = withUnsafeMutableBytes(of: &name) { bytes in
            getsockname(listener, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        try #require(found == 0)
        // The port stands at the same place in both families.
        return withUnsafeBytes(of: name) {
            Int(UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}
