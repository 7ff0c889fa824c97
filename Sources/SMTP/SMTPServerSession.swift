// SMTPServerSession.swift — a server's session with one client, as straight code on the channel's event loop.
//
// PIPELINING, SIZE, 8BITMIME, ENHANCEDSTATUSCODES, SMTPUTF8, and STARTTLS if it has a certificate. Only CRLF ends a
// line. Replies are gathered and leave when there is no further command to read.

import Mail
import NIOCore
import TLS

package actor SMTPServerSession {
    /// RFC 5321 §4.5.3.1.4 asks for 512 bytes, extensions for more.
    private static let maximumCommand = 2_048
    /// Commands refused in one session before we hang up.
    private static let patience = 50
    /// RFC 6531 §3.5.
    private static let undeclaredUTF8 = Reply(553, "5.6.7 An address in UTF-8 needs SMTPUTF8")

    package nonisolated let eventLoop: any EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    private enum Ending: Error { case hungUp, gone }

    private let channel: any Channel
    private let settings: SMTPServerSettings
    private let behaviour: SMTPServerBehaviour
    private var outgoing = ByteBuffer()
    private var hasGreeted = false
    private var reversePath: ReversePath?
    private var forwardPaths: [Mailbox] = []
    /// MAIL said SMTPUTF8.
    private var isInternationalized = false
    private var origin: String?
    private var refusals = 0

    /// The channel must have been made with `autoRead` off.
    package init(_ channel: any Channel, settings: SMTPServerSettings, behaviour: SMTPServerBehaviour) {
        (self.channel, self.eventLoop) = (channel, channel.eventLoop)
        (self.settings, self.behaviour) = (settings, behaviour)
    }

    /// Returns when the connection is closed.
    package func run() async {
        let connection = SMTPConnection(channel)
        await connection.start()
        answer(220, "\(settings.name) ESMTP Postrider")
        do throws(Ending) {
            while true { try await perform(try await nextCommand(connection), connection) }
        } catch {
            if outgoing.readableBytes > 0 { connection.write(outgoing) }
            connection.close()
        }
    }

    // MARK: Lines

    /// Nil if the line was refused.
    private func nextCommand(_ connection: SMTPConnection) async throws(Ending) -> SMTPCommand? {
        while true {
            if let line = try takeLine(&connection.inbound) {
                do throws(SMTPCommand.Refusal) {
                    return try SMTPCommand(line)
                } catch {
                    try refuse(error.reply)
                    return nil
                }
            }
            try await receiveMore(connection)
        }
    }

    private func takeLine(_ bytes: inout ByteBuffer) throws(Ending) -> [UInt8]? {
        let view = bytes.readableBytesView
        let end = view.firstIndex(of: UInt8(ascii: "\n"))
        let length = (end ?? view.endIndex) - view.startIndex
        guard length <= Self.maximumCommand else {
            answer(500, "5.5.2 Line too long")
            throw .hungUp
        }
        guard end != nil, let line = bytes.readBytes(length: length + 1)?.dropLast() else { return nil }
        guard line.last == UInt8(ascii: "\r") else {
            answer(521, "5.5.2 Bare LF received")
            throw .hungUp
        }
        return Array(line.dropLast())
    }

    /// Says first what there is to say: the client may be waiting for it.
    private func receiveMore(_ connection: SMTPConnection) async throws(Ending) {
        flush(connection)
        do throws(SMTPConnection.End) {
            try await connection.receiveMore(until: .now() + settings.timeout)
        } catch {
            throw .gone
        }
    }

    private func flush(_ connection: SMTPConnection) {
        guard outgoing.readableBytes > 0 else { return }
        connection.write(outgoing)
        outgoing = ByteBuffer()
    }

    private func answer(_ reply: Reply) {
        let lines = reply.lines
        for (index, line) in lines.enumerated() {
            outgoing.writeString("\(reply.code)\(index == lines.count - 1 ? " " : "-")\(line)\r\n")
        }
    }

    private func answer(_ code: Int, _ text: String) { answer(Reply(code, text)) }

    private func refuse(_ reply: Reply) throws(Ending) {
        answer(reply)
        refusals += 1
        guard refusals < Self.patience else {
            answer(421, "4.7.0 Too many errors")
            throw .hungUp
        }
    }

    private func refuse(_ code: Int, _ text: String) throws(Ending) { try refuse(Reply(code, text)) }

    // MARK: Commands

    private func perform(_ command: SMTPCommand?, _ connection: SMTPConnection) async throws(Ending) {
        switch command {
        case nil: break
        case .helo: greet(settings.name)
        case .ehlo: greet(([settings.name] + extensions(connection)).joined(separator: "\n"))
        case .startTLS: try await startTLS(connection)
        case .mail(let path, let parameters): try mail(path, parameters)
        case .recipient(let mailbox): try await recipient(mailbox)
        case .data: try await data(connection)
        case .reset:
            forgetTransaction()
            answer(250, "2.0.0 Ok")
        case .noop: answer(250, "2.0.0 Ok")
        case .verify: answer(252, "2.0.0 Send some mail, we will see")
        case .quit:
            answer(221, "2.0.0 Bye")
            throw .hungUp
        }
    }

    private func greet(_ text: String) {
        forgetTransaction()
        hasGreeted = true
        answer(250, text)
    }

    private func extensions(_ connection: SMTPConnection) -> [String] {
        let always = ["PIPELINING", "SIZE \(settings.maximumSize)", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8"]
        return always + (settings.offersOrigin ? ["XORIGIN"] : [])
            + (settings.tls != nil && connection.tls == nil ? ["STARTTLS"] : [])
    }

    private func startTLS(_ connection: SMTPConnection) async throws(Ending) {
        guard let context = settings.tls, connection.tls == nil else {
            return try refuse(502, "5.5.1 STARTTLS is not offered")
        }
        // RFC 3207 §4.2 — STARTTLS ends a pipelined group; what follows it in clear text is an attack.
        guard connection.inbound.readableBytes == 0 else {
            answer(501, "5.5.1 Nothing may follow STARTTLS")
            throw .hungUp
        }
        answer(220, "2.0.0 Go ahead")
        flush(connection)
        do throws(SMTPConnection.End) {
            try await connection.startTLS(context, serverName: nil, until: .now() + settings.timeout)
        } catch {
            throw .gone
        }
        forgetTransaction()
        hasGreeted = false
    }

    private func mail(_ path: ReversePath, _ parameters: SMTPCommand.MailParameters) throws(Ending) {
        guard hasGreeted else { return try refuse(503, "5.5.1 EHLO first") }
        guard reversePath == nil else { return try refuse(503, "5.5.1 Nested MAIL") }
        guard parameters.origin == nil || settings.offersOrigin else {
            return try refuse(555, "5.5.4 Unsupported parameter")
        }
        guard (parameters.size ?? 0) <= settings.maximumSize else { return try refuse(552, "5.3.4 Message too large") }
        if case .mailbox(let mailbox) = path, mailbox.needsSMTPUTF8, !parameters.isInternationalized {
            return try refuse(Self.undeclaredUTF8)
        }
        reversePath = path
        isInternationalized = parameters.isInternationalized
        origin = parameters.origin
        answer(250, "2.1.0 Ok")
    }

    private func recipient(_ mailbox: Mailbox) async throws(Ending) {
        guard reversePath != nil else { return try refuse(503, "5.5.1 MAIL first") }
        guard !mailbox.needsSMTPUTF8 || isInternationalized else { return try refuse(Self.undeclaredUTF8) }
        guard forwardPaths.count < settings.maximumRecipients else { return answer(452, "4.5.3 Too many recipients") }
        let reply = await behaviour.recipient(mailbox)
        if reply.isPositive { forwardPaths.append(mailbox) }
        answer(reply)
        if reply.isClosing { throw .hungUp }
    }

    private func data(_ connection: SMTPConnection) async throws(Ending) {
        guard let reversePath else { return try refuse(503, "5.5.1 MAIL first") }
        guard !forwardPaths.isEmpty else { return try refuse(554, "5.5.1 No valid recipients") }
        answer(354, "End with <CRLF>.<CRLF>")
        let content = try await receiveContent(connection)
        var message = content.map {
            ReceivedMessage(reversePath: reversePath, forwardPaths: forwardPaths, content: $0, tls: connection.tls)
        }
        message?.origin = origin
        forgetTransaction()
        guard let message else { return answer(552, "5.3.4 Message too large") }
        switch await behaviour.message(message) {
        case .reply(let reply):
            answer(reply)
            if reply.isClosing { throw .hungUp }
        case .disconnect: throw .gone
        }
    }

    /// Nil if it was too large.
    private func receiveContent(_ connection: SMTPConnection) async throws(Ending) -> [UInt8]? {
        var reader = ContentReader(maximum: settings.maximumSize)
        do {
            while try !reader.read(&connection.inbound) { try await receiveMore(connection) }
        } catch is ContentReader.BareLineBreak {
            answer(521, "5.5.2 Bare CR or LF received")
            throw .hungUp
        } catch {
            throw .gone
        }
        return reader.isTooLarge ? nil : reader.content
    }

    private func forgetTransaction() {
        (reversePath, forwardPaths, isInternationalized, origin) = (nil, [], false, nil)
    }
}
