// SMTPSession+Open.swift — from a socket address to a session that is ready for MAIL (RFC 5321 §3.1, §3.2, RFC 3207).

import NIOCore
import NIOPosix
import TLS

extension SMTPSession {
    /// Connects, greets, and turns TLS on and authenticates as the settings say. What a throw leaves is closed.
    package static func open(
        to address: SocketAddress, on eventLoop: any EventLoop, settings: SMTPSessionSettings
    ) async throws(SMTPFailure) -> SMTPSession {
        let session = SMTPSession(to: address, on: eventLoop, settings: settings)
        try await session.open()
        return session
    }

    private func open() async throws(SMTPFailure) {
        do throws(SMTPFailure) {
            try await connect()
            try await receiveGreeting()
            try await sayHello()
            try await startTLS()
            try await authenticate()
        } catch {
            transcript.append(.note, error.description)
            close()
            var failure = error
            failure.transcript = transcript.text
            throw failure
        }
    }

    private func connect() async throws(SMTPFailure) {
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(settings.timeouts.connect)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        if let local = settings.localAddress { bootstrap = bootstrap.bind(to: local) }
        do {
            let connection = SMTPConnection(try await bootstrap.connect(to: remoteAddress).get())
            self.connection = connection
            await connection.start()
        } catch {
            throw SMTPFailure(.cannotConnect(to: remoteAddress.endpoint, reason: Self.describe(error)), at: .connect)
        }
        transcript.append(.note, "connected to \(remoteAddress.endpoint)")
    }

    private static func describe(_ error: any Error) -> String {
        if case ChannelError.connectTimeout = error { return "timed out" }
        return SMTPConnection.describe(error)
    }

    private func receiveGreeting() async throws(SMTPFailure) {
        let greeting = try await reply(at: .greeting, within: settings.timeouts.greeting)
        guard greeting.isPositive else { throw SMTPFailure(.refused(greeting), at: .greeting) }
    }

    /// EHLO, or HELO for a server that knows no EHLO (RFC 5321 §3.2).
    private func sayHello() async throws(SMTPFailure) {
        let timeout = settings.timeouts.ehlo
        let ehlo = try await command("EHLO \(settings.heloName)", at: .ehlo, within: timeout)
        if ehlo.isPositive {
            capabilities = Capabilities(ehlo: ehlo)
            return
        }
        capabilities = Capabilities()
        guard ehlo.isPermanent else { throw SMTPFailure(.refused(ehlo), at: .ehlo) }
        let helo = try await command("HELO \(settings.heloName)", at: .ehlo, within: timeout)
        guard helo.isPositive else { throw SMTPFailure(.refused(helo), at: .ehlo) }
    }

    private func startTLS() async throws(SMTPFailure) {
        switch settings.tls {
        case .disabled: break
        case .opportunistic(let context):
            guard capabilities.offersStartTLS else { return }
            // Refused is not failed: nothing has been agreed on, and the session goes on in clear text (RFC 3207 §4).
            guard try await askForTLS().isPositive else { return }
            try await shakeHands(context)
        case .required(let context):
            guard capabilities.offersStartTLS else { throw SMTPFailure(.tls("STARTTLS is not offered"), at: .startTLS) }
            let reply = try await askForTLS()
            guard reply.isPositive else { throw SMTPFailure(.refused(reply), at: .startTLS) }
            try await shakeHands(context)
        }
    }

    private func askForTLS() async throws(SMTPFailure) -> Reply {
        try await command("STARTTLS", at: .startTLS, within: settings.timeouts.startTLS)
    }

    private func shakeHands(_ context: TLSContext) async throws(SMTPFailure) {
        guard let connection else { throw SMTPFailure(.lost("not connected"), at: .startTLS) }
        // RFC 3207 §4.2 — what was received in clear text must not pass for something said under TLS (CVE-2021-38371).
        guard connection.inbound.readableBytes == 0 else {
            throw SMTPFailure(.protocolError("clear text after the reply to STARTTLS"), at: .startTLS)
        }
        do throws(SMTPConnection.End) {
            try await connection.startTLS(
                context, serverName: settings.serverName, until: .now() + settings.timeouts.handshake)
        } catch {
            throw SMTPFailure(.tls(Self.describe(error)), at: .startTLS)
        }
        transcript.append(.note, connection.tls ?? "TLS")
        // RFC 3207 §4.2 — and nothing that was known before may be believed after.
        parser = ReplyParser()
        try await sayHello()
    }

    private static func describe(_ end: SMTPConnection.End) -> String {
        switch end {
        case .timedOut: "handshake timed out"
        case .lost(let reason): "connection lost: \(reason)"
        case .tls(let text): text
        }
    }
}

extension SocketAddress {
    /// `192.0.2.1:25`, `[2001:db8::1]:25`.
    var endpoint: String {
        guard let ip = ipAddress, let port else { return pathname ?? "\(self)" }
        return self.protocol == .inet6 ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.utf8.starts(with: "127.".utf8) ?? false
        case .v6: ipAddress == "::1"
        case .unixDomainSocket: true
        }
    }
}
