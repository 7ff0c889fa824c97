// ServerIdentityTests.swift — the certificate of a listener: what is shown, what is refused, and how it is renewed.

import COpenSSL
import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import TLS

@Suite struct ServerIdentityTests {
    private let files: CertificateFiles
    private let identity: ServerIdentity

    init() throws {
        files = try CertificateFiles()
        identity = try ServerIdentity(certificateChain: files.certificate, privateKey: files.key)
    }

    /// The public key that a client is shown, and what the two agreed on; throws if they do not agree.
    private func shake(offering protocols: String? = nil) throws -> (key: [UInt8], summary: String?, http: String?) {
        let client = EmbeddedChannel()
        let server = EmbeddedChannel()
        let log = EventLog()
        let clientHandler = try TLSHandler(.client())
        if let protocols {
            let list = protocols.split(separator: ",").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            SSL_set_alpn_protos(clientHandler.ssl, list, UInt32(list.count))
        }
        for channel in [client, server] {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
        }
        try server.pipeline.syncOperations.addHandler(TLSHandler(identity.context))
        try client.pipeline.syncOperations.addHandlers(clientHandler, log)
        try pump(client, server)
        if let error = log.error { throw error }
        return (try shownKey(clientHandler), log.summary, selectedProtocol(clientHandler))
    }

    private func pump(_ client: EmbeddedChannel, _ server: EmbeddedChannel) throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            for (from, to) in [(client, server), (server, client)] {
                while let bytes = try from.readOutbound(as: ByteBuffer.self) {
                    isMoving = true
                    if to.isActive { _ = try? to.writeInbound(bytes) }
                }
            }
        }
    }

    private func shownKey(_ handler: TLSHandler) throws -> [UInt8] {
        let shown = try #require(SSL_get1_peer_certificate(handler.ssl))
        defer { X509_free(shown) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PUBKEY(X509_get0_pubkey(shown), &bytes))
        defer { CRYPTO_free(bytes, nil, 0) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private func selectedProtocol(_ handler: TLSHandler) -> String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(handler.ssl, &name, &count)
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self) }
    }

    private final class EventLog: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var summary: String?
        var error: (any Error)?

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            summary = (event as? TLSHandshakeCompleted)?.summary ?? summary
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { self.error = error }
    }

    @Test func showsTheCertificateInTheFile() throws {
        let seen = try shake()
        #expect(seen.key == (try ServerIdentity.publicKey(inCertificate: files.certificate)))
        #expect(seen.summary?.hasPrefix("TLSv1.3 ") == true)
    }

    @Test func showsTheNewOneOnceItHasBeenReadAgain() throws {
        let old = try shake().key
        try files.renew()
        #expect(try shake().key == old)
        try identity.reload()
        let new = try shake().key
        #expect(new != old)
        #expect(new == (try ServerIdentity.publicKey(inCertificate: files.certificate)))
    }

    @Test func keepsTheOldOneIfTheNewIsOfNoUse() throws {
        let old = try shake().key
        try Data("no PEM".utf8).write(to: URL(fileURLWithPath: files.certificate))
        #expect(throws: ServerIdentity.Failure.self) { try identity.reload() }
        #expect(try shake().key == old)
    }

    @Test(arguments: ["http/1.1", "h2,http/1.1", "http/1.1,h2"])
    func agreesOnHTTP11(offer: String) throws {
        #expect(try shake(offering: offer).http == "http/1.1")
    }

    @Test func agreesOnNothingIfNothingIsOffered() throws { #expect(try shake().http == nil) }

    @Test(arguments: ["h2", "http/1.0,h2", "http/1.10"])
    func refusesAClientThatSpeaksNoHTTP11(offer: String) throws {
        #expect(throws: TLSError.self) { try shake(offering: offer) }
    }

    private func failure(_ certificate: String, _ key: String) throws -> ServerIdentity.Failure {
        let failure = #expect(throws: ServerIdentity.Failure.self) {
            try ServerIdentity(certificateChain: certificate, privateKey: key)
        }
        return try #require(failure)
    }

    @Test func saysWhichFileIsMissing() throws {
        let certificate = try failure("/nowhere.pem", files.key)
        #expect(certificate.part == .certificate)
        #expect(certificate.reason.description.hasPrefix("cannot use certificate /nowhere.pem: No such file"))
        let key = try failure(files.certificate, "/nowhere.pem")
        #expect(key.part == .key)
        #expect(key.reason.description.contains("/nowhere.pem with this certificate: No such file"))
    }

    @Test func saysThatTheKeyIsAnothers() throws {
        let other = try CertificateFiles()
        let mismatch = try failure(files.certificate, other.key)
        #expect(mismatch.part == .key)
        #expect(mismatch.reason.description.contains("key values mismatch"))
    }

    @Test func doesNotAskForAPassPhrase() throws {
        let file = try #require(BIO_new_file(files.key, "w"))
        let key = try #require(pr_generate_p256_key())
        PEM_write_bio_PrivateKey(file, key, EVP_aes_256_cbc(), "secret", 6, nil, nil)
        BIO_free(file)
        EVP_PKEY_free(key)
        let encrypted = try failure(files.certificate, files.key)
        #expect(encrypted.part == .key)
        #expect(encrypted.reason.description.contains("password"))
    }

    @Test func oldVersionsOfTLSAreRefused() throws {
        let old = try TLSContext.client()
        pr_ssl_ctx_set_maximum_version(old.pointer, TLS1_1_VERSION)
        let (client, server) = (EmbeddedChannel(), EmbeddedChannel())
        for channel in [client, server] {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
        }
        let log = EventLog()
        try server.pipeline.syncOperations.addHandlers(TLSHandler(identity.context), log)
        try client.pipeline.syncOperations.addHandler(TLSHandler(old))
        try pump(client, server)
        #expect(log.error is TLSError)
        #expect(log.summary == nil)
    }
}
