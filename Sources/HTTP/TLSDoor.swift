// TLSDoor.swift — stands first in an HTTPS connection until its first byte has come, and makes way for TLS.
//
// A client that speaks clear text to the wrong port is told so in clear text. One that says nothing costs no TLS.

import NIOCore
import TLS

final class TLSDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let identity: ServerIdentity
    private var hasRefused = false

    init(_ identity: ServerIdentity) { self.identity = identity }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard !hasRefused, let first = bytes.readableBytesView.first else { return }
        // RFC 8446 §5.1 — the record type of a handshake.
        guard first == 22 else { return refuse(context) }
        do {
            let handler = try TLSHandler(identity.context, closesHalves: true)
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            context.fireErrorCaught(error)
        }
    }

    private func refuse(_ context: ChannelHandlerContext) {
        hasRefused = true
        let violation = HTTPViolation(status: 400, detail: "This port speaks HTTPS; ask it by https://.")
        context.fireUserInboundEventTriggered(violation)
    }
}
