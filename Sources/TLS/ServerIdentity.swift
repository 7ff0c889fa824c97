// ServerIdentity.swift — the certificate and key that an HTTPS listener shows, read from files, and again when they are new.

import COpenSSL
import Synchronization

package final class ServerIdentity: Sendable {
    /// Which of the two files is at fault, and why.
    package struct Failure: Error, Hashable, Sendable {
        package enum Part: Hashable, Sendable { case certificate, key }
        package let part: Part
        package let reason: TLSError
    }

    private let certificateChain: String
    private let privateKey: String
    private let current: Mutex<TLSContext>

    /// PEM files; the server's own certificate comes first, then those that lead to its issuer. Reads both.
    package init(certificateChain: String, privateKey: String) throws(Failure) {
        (self.certificateChain, self.privateKey) = (certificateChain, privateKey)
        current = Mutex(try Self.read(certificateChain, privateKey))
    }

    /// What connections that begin now use.
    package var context: TLSContext { current.withLock { $0 } }

    /// Reads both files again: a blocking read. A throw leaves what was there; connections that are open keep what they
    /// began with in any case.
    package func reload() throws(Failure) {
        let new = try Self.read(certificateChain, privateKey)
        current.withLock { $0 = new }
    }

    private static func read(_ certificateChain: String, _ privateKey: String) throws(Failure) -> TLSContext {
        let context = try attempt(.certificate) { () throws(TLSError) in
            let context = try TLSContext(.server)
            context.preparesForHTTP()
            try context.use(certificateChain: certificateChain)
            return context
        }
        try attempt(.key) { () throws(TLSError) in try context.use(privateKey: privateKey) }
        return context
    }

    private static func attempt<Value>(
        _ part: Failure.Part, _ work: () throws(TLSError) -> Value
    ) throws(Failure) -> Value {
        do { return try work() } catch { throw Failure(part: part, reason: error) }
    }
}

extension ServerIdentity {
    /// The public key in a PEM file's first certificate, as DER (RFC 5280 §4.1.2.7): whoever proves to have the private
    /// one is the server that the certificate is for.
    package static func publicKey(inCertificate path: String) throws(TLSError) -> [UInt8] {
        ERR_clear_error()
        guard let file = BIO_new_file(path, "r") else { throw .fromQueue("cannot read certificate \(path)") }
        defer { BIO_free(file) }
        guard let certificate = PEM_read_bio_X509(file, nil, nil, nil) else {
            throw .fromQueue("cannot read certificate \(path)")
        }
        defer { X509_free(certificate) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(X509_get0_pubkey(certificate), &bytes)
        guard count > 0, let bytes else { throw .fromQueue("cannot read the key in certificate \(path)") }
        defer { CRYPTO_free(bytes, #file, #line) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }
}

extension TLSContext {
    /// TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325 §4.2); TLS 1.3 has nothing else.
    fileprivate func preparesForHTTP() {
        SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20")
        pr_ssl_ctx_refuse_renegotiation(pointer)
        SSL_CTX_set_alpn_select_cb(pointer, selectHTTP11, nil)
    }
}

/// RFC 7301 §3.2 — HTTP/1.1 if the client's list has it, else the handshake fails; not asked if there is no list. The
/// answer may point into the list.
private func selectHTTP11(
    _: OpaquePointer?, _ answer: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ count: UnsafeMutablePointer<UInt8>?,
    _ list: UnsafePointer<UInt8>?, _ listCount: UInt32, _: UnsafeMutableRawPointer?
) -> Int32 {
    var rest = UnsafeBufferPointer(start: list, count: Int(listCount))[...]
    while let length = rest.popFirst() {
        let name = rest.prefix(Int(length))
        if name.elementsEqual("http/1.1".utf8) {
            answer?.pointee = list?.advanced(by: name.startIndex)
            count?.pointee = length
            return SSL_TLSEXT_ERR_OK
        }
        rest = rest.dropFirst(Int(length))
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
