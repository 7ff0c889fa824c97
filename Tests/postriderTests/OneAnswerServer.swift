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
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = max(0, recv(connection, &buffer, buffer.count, 0))
        received.withLock { $0 = String(decoding: buffer[..<count], as: UTF8.self) }
        for piece in pieces { _ = send(connection, piece, piece.utf8.count, Int32(MSG_NOSIGNAL)) }
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
