// SMTPSession.swift — a client's session with one mail server, as straight code on the channel's event loop.
//
// An actor whose executor is the event loop: commands and replies follow each other in the text as on the wire, and no
// step changes threads. `open` is in SMTPSession+Open.swift, a transaction in SMTPSession+Transaction.swift. Every
// failure closes the connection. A session must be ended by `quit` or `close`.

import NIOCore
import TLS

package actor SMTPSession {
    package nonisolated let eventLoop: any EventLoop
    package nonisolated let remoteAddress: SocketAddress
    package nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    /// As of the last EHLO.
    package internal(set) var capabilities = Capabilities()
    /// `TLSv1.3 TLS_AES_256_GCM_SHA384`; nil for clear text.
    package var tls: String? { connection?.tls }
    /// The address we connect from.
    package var localAddress: SocketAddress? { connection?.channel.localAddress }
    /// Transactions begun in this session.
    package internal(set) var transactionCount = 0

    let settings: SMTPSessionSettings
    var connection: SMTPConnection?
    var parser = ReplyParser()
    var transcript: Transcript
    /// A transaction may be open at the server: RSET comes before the next MAIL.
    var needsReset = false
    private var isClosing = false
    private var isBusy = false

    init(to address: SocketAddress, on eventLoop: any EventLoop, settings: SMTPSessionSettings) {
        (self.eventLoop, self.remoteAddress, self.settings) = (eventLoop, address, settings)
        transcript = Transcript(startedAt: settings.startedAt)
    }

    /// Open, at rest, and with nothing said by the server that was not asked for (a 421 before it hangs up).
    package var isUsable: Bool {
        guard let connection, !isClosing, !isBusy else { return false }
        return connection.end == nil && connection.inbound.readableBytes == 0
    }

    /// Runs one mail transaction. It never throws: the result says what was answered and what broke. One at a time.
    package func send(_ transaction: MailTransaction) async -> TransactionResult {
        precondition(!isBusy, "a session runs one transaction at a time")
        isBusy = true
        defer { isBusy = false }
        if transactionCount > 0 {
            transcript = Transcript(startedAt: transaction.startedAt)
            transcript.append(.note, "session reused\(tls.map { ", \($0)" } ?? "")")
        }
        transactionCount += 1
        var result = TransactionResult(recipientCount: transaction.forwardPaths.count)
        do throws(SMTPFailure) {
            try await run(transaction, &result)
        } catch {
            result.failure = error
            transcript.append(.note, error.description)
            close()
        }
        result.transcript = transcript.text
        return result
    }

    /// Says goodbye and closes; waits for the answer, but not long. Closes at once if a transaction is running.
    package func quit() async {
        if isUsable, let connection {
            isBusy = true
            connection.write(ByteBuffer(string: "QUIT\r\n"))
            // Whatever comes, or does not, we have done our part (RFC 5321 §4.1.1.10).
            try? await connection.receiveMore(until: .now() + settings.timeouts.quit)
        }
        close()
    }

    /// Closes without a word. A transaction that runs ends with a `lost` failure.
    package func close() {
        isClosing = true
        connection?.close()
    }

    // MARK: Commands and replies

    /// Writes one command line and waits for its reply.
    func command(
        _ line: String, at stage: SMTPFailure.Stage, within timeout: TimeAmount, shown: String? = nil
    ) async throws(SMTPFailure) -> Reply {
        try write(line, at: stage, shown: shown)
        return try await reply(at: stage, within: timeout)
    }

    func write(_ line: String, at stage: SMTPFailure.Stage, shown: String? = nil) throws(SMTPFailure) {
        transcript.append(.client, shown ?? line)
        try write(ByteBuffer(string: line + "\r\n"), at: stage)
    }

    /// Before anything is written, everything that was said must have been asked for.
    func write(_ commands: ByteBuffer, at stage: SMTPFailure.Stage) throws(SMTPFailure) {
        guard let connection else { throw SMTPFailure(.lost("not connected"), at: stage) }
        if connection.inbound.readableBytes > 0 {
            guard let reply = try parse(at: stage) else {
                throw SMTPFailure(.protocolError("bytes that nothing asked for"), at: stage)
            }
            throw SMTPFailure(.protocolError("unasked reply: \(reply)"), at: stage)
        }
        connection.write(commands)
    }

    /// The next reply, waiting for it if need be. A 421 before the final dot is thrown: whatever it answered, it is
    /// the server that is leaving.
    func reply(at stage: SMTPFailure.Stage, within timeout: TimeAmount) async throws(SMTPFailure) -> Reply {
        if let reply = try parse(at: stage) { return reply }
        let deadline = NIODeadline.now() + timeout
        while true {
            do throws(SMTPConnection.End) {
                guard let connection else { throw .lost("not connected") }
                try await connection.receiveMore(until: deadline)
            } catch {
                throw SMTPFailure(ended: error, at: stage)
            }
            if let reply = try parse(at: stage) { return reply }
        }
    }

    /// The next reply if all of it is there.
    func parse(at stage: SMTPFailure.Stage) throws(SMTPFailure) -> Reply? {
        guard let connection else { return nil }
        let reply: Reply?
        do throws(ReplyParser.Violation) {
            reply = try parser.next(&connection.inbound)
        } catch {
            throw SMTPFailure(.protocolError(error.text), at: stage)
        }
        guard let reply else { return nil }
        transcript.append(reply)
        guard reply.fits(stage) else { throw SMTPFailure(.protocolError("unfit reply: \(reply)"), at: stage) }
        guard reply.isClosing else { return reply }
        isClosing = true
        guard stage == .finalDot else { throw SMTPFailure(.refused(reply), at: stage) }
        return reply
    }
}

extension Reply {
    /// RFC 5321 §4.3.2 — 3yz asks for more, which only DATA and AUTH have to give; and DATA is never just done.
    fileprivate func fits(_ stage: SMTPFailure.Stage) -> Bool {
        switch stage {
        case .data: !isPositive
        case .authentication: true
        case .connect, .greeting, .ehlo, .startTLS, .reset, .mail, .recipient, .content, .finalDot: !isIntermediate
        }
    }
}

extension SMTPFailure {
    init(ended end: SMTPConnection.End, at stage: Stage) {
        switch end {
        case .timedOut: self.init(.timedOut, at: stage)
        case .lost(let reason): self.init(.lost(reason), at: stage)
        case .tls(let text): self.init(.tls(text), at: stage)
        }
    }
}
