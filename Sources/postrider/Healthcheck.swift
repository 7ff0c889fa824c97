// Healthcheck.swift — `postrider healthcheck`: asks the running service whether it is ready; for containers.

import Address
import ArgumentParser
import Glibc
import Settings

struct Healthcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the service at http.listen whether it is ready; exit status 0 if so, 1 if not.")

    @OptionGroup var flags: SettingFlags

    func run() throws {
        let http = try flags.load().http
        guard http.listen.port != 0 else { throw CommandFailure("http.listen has port 0: nobody knows where to ask") }
        let status = try http.scheme == "https" ? secureStatus(of: http) : clearStatus(of: http)
        guard status == 200 else { throw CommandFailure("not ready: \(url(of: http)) answers \(status)") }
    }

    private func url(of http: Settings.HTTP) -> String { "\(http.scheme)://\(http.listen.reachable)/readyz" }

    private func clearStatus(of http: Settings.HTTP) throws -> Int {
        try ReadinessProbe(address: http.listen.reachable).status()
    }

    /// Whatever certificate it shows: a new one, of which the service has yet to be told, does not make it unready.
    private func secureStatus(of http: Settings.HTTP) throws -> Int {
        let exchange = try Exchange("GET", url(of: http), timeoutSeconds: ReadinessProbe.patience)
        exchange.trustAnybody()
        return try exchange.perform()
    }
}

extension TransportAddress {
    /// Where a client on this machine finds a listener: what listens everywhere is found on loopback.
    var reachable: TransportAddress {
        switch ip {
        case .v4(0): TransportAddress(ip: .v4(0x7F00_0001), port: port)
        case .v6(0): TransportAddress(ip: .v6(1), port: port)
        case .v4, .v6: self
        }
    }
}

/// One blocking `GET /readyz`, of whose answer only the status matters.
struct ReadinessProbe {
    let address: TransportAddress
    /// For each step: connecting, sending, each read.
    var timeoutSeconds = Self.patience

    static let patience = 3

    func status() throws -> Int {
        let socket = Glibc.socket(address.ip.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw failure("cannot open a socket") }
        defer { close(socket) }
        try limitTime(of: socket)
        guard connect(socket) == 0 else { throw failure("cannot connect to \(address)") }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8)
        guard send(socket, request, request.count, 0) == request.count else { throw failure("cannot ask \(address)") }
        return try readStatus(from: socket)
    }

    /// Linux applies the send timeout to connect(2), too (socket(7)).
    private func limitTime(of socket: CInt) throws {
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            let set = setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            guard set == 0 else { throw failure("cannot set a timeout") }
        }
    }

    private func connect(_ socket: CInt) -> CInt {
        let port = in_port_t(address.port).bigEndian
        switch address.ip {
        case .v4(let bits):
            var name = sockaddr_in()
            (name.sin_family, name.sin_port, name.sin_addr.s_addr) = (sa_family_t(AF_INET), port, bits.bigEndian)
            return connect(socket, name)
        case .v6(let bits):
            var name = sockaddr_in6()
            (name.sin6_family, name.sin6_port) = (sa_family_t(AF_INET6), port)
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.storeBytes(of: bits.bigEndian, as: UInt128.self) }
            return connect(socket, name)
        }
    }

    private func connect<Name>(_ socket: CInt, _ name: Name) -> CInt {
        withUnsafeBytes(of: name) { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return Glibc.connect(socket, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }

    /// From `HTTP/1.1 200`, which may come in pieces (RFC 9112 §4).
    private func readStatus(from socket: CInt) throws -> Int {
        var line: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 12)
        while line.count < 12 {
            let count = recv(socket, &piece, 12 - line.count, 0)
            guard count >= 0 else { throw failure("no answer from \(address)") }
            guard count > 0 else { throw CommandFailure("\(address) hung up without an answer") }
            line += piece[..<count]
        }
        let digits = line.suffix(3)
        guard line.starts(with: "HTTP/1.1 ".utf8), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw CommandFailure("\(address) does not speak HTTP/1.1")
        }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private func failure(_ what: String) -> CommandFailure {
        CommandFailure("\(what): \(String(cString: strerror(errno)))")
    }
}
