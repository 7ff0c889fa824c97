// SMTPSession+Content.swift — what follows a 354: the message in slices, the final dot, the server's verdict.

import NIOCore

extension SMTPSession {
    /// Content is written in slices of this size; each must leave within the data-block timeout.
    private static let sliceSize = 256 * 1024

    /// Returns the server's verdict, be it early.
    func sendContent(of transaction: MailTransaction) async throws(SMTPFailure) -> Reply {
        guard let connection else { throw SMTPFailure(.lost("not connected"), at: .content) }
        transcript.append(.client, "(message, \(transaction.size) bytes)")
        var stuffer = DotStuffer(transaction.content)
        var slice = Self.beginning(of: transaction)
        while stuffer.remaining > Self.sliceSize {
            stuffer.write(next: Self.sliceSize, into: &slice)
            do throws(SMTPConnection.End) {
                try await connection.write(slice, until: .now() + settings.timeouts.dataBlock)
            } catch {
                throw SMTPFailure(ended: error, at: .content)
            }
            if let verdict = try await receiveEarlyVerdict() { return verdict }
            slice = Self.slice(for: min(stuffer.remaining, Self.sliceSize))
        }
        if let verdict = try await receiveEarlyVerdict() { return verdict }
        stuffer.write(next: stuffer.remaining, into: &slice)
        stuffer.finish(into: &slice)
        connection.write(slice)
        return try await receiveVerdict()
    }

    /// The prefix, ending with the end of a line, and room for the first of the content.
    private static func beginning(of transaction: MailTransaction) -> ByteBuffer {
        var slice = slice(for: transaction.prefix.count + min(transaction.content.count, sliceSize))
        var stuffer = DotStuffer(transaction.prefix)
        stuffer.write(next: stuffer.remaining, into: &slice)
        stuffer.endLine(into: &slice)
        return slice
    }

    /// With some room for doubled dots.
    private static func slice(for count: Int) -> ByteBuffer {
        ByteBufferAllocator().buffer(capacity: count + count / 32 + 16)
    }

    private func receiveVerdict() async throws(SMTPFailure) -> Reply {
        let reply = try await reply(at: .finalDot, within: settings.timeouts.finalDot)
        if reply.isClosing { close() }
        return reply
    }

    /// A server that has seen enough may say so before the end. In the midst of the content the session is past use.
    private func receiveEarlyVerdict() async throws(SMTPFailure) -> Reply? {
        guard let connection, connection.inbound.readableBytes > 0 else { return nil }
        let reply = try await reply(at: .content, within: settings.timeouts.data)
        close()
        guard reply.isTransient || reply.isPermanent else {
            throw SMTPFailure(.protocolError("reply before the end of the content: \(reply)"), at: .content)
        }
        return reply
    }
}
