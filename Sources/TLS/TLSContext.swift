// TLSContext.swift — what all TLS connections of one kind share: versions, ciphers, a server's certificate.
//
// TLS 1.2 is the least in both roles (RFC 8996). A context is made once and used on every event loop.

import COpenSSL

/// `@unchecked`: an `SSL_CTX` is configured before anyone else sees it and from then on only read; OpenSSL counts its
/// references atomically and locks what it shares between the connections made from it.
package final class TLSContext: @unchecked Sendable {
    enum Role: Sendable { case client, server }

    let pointer: OpaquePointer
    let role: Role

    init(_ role: Role) throws(TLSError) {
        guard let pointer = SSL_CTX_new(role == .client ? TLS_client_method() : TLS_server_method()) else {
            throw .fromQueue("cannot make a TLS context")
        }
        (self.pointer, self.role) = (pointer, role)
        _ = pr_ssl_ctx_set_minimum_version(pointer, TLS1_2_VERSION)
        // Thousands of idle sessions: 34 KiB of buffers each would be most of our memory.
        pr_ssl_ctx_release_buffers(pointer)
        pr_ssl_ctx_disable_session_cache(pointer)
    }

    deinit { SSL_CTX_free(pointer) }

    package static func client(verification: PeerVerification = .none) throws(TLSError) -> TLSContext {
        let context = try TLSContext(.client)
        switch verification {
        case .none:
            SSL_CTX_set_verify(context.pointer, SSL_VERIFY_NONE, nil)
            // Who does not look at the certificate must not refuse one for its short key either.
            SSL_CTX_set_security_level(context.pointer, 0)
        }
        return context
    }

    /// `certificateChain` and `privateKey` are PEM files; the server's own certificate comes first.
    package static func server(certificateChain: String, privateKey: String) throws(TLSError) -> TLSContext {
        let context = try TLSContext(.server)
        try context.use(certificateChain: certificateChain)
        try context.use(privateKey: privateKey)
        return context
    }

    func use(certificateChain path: String) throws(TLSError) {
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(pointer, path) == 1 else {
            throw .fromQueue("cannot use certificate \(path)")
        }
    }

    /// After the certificate, which it must belong to.
    func use(privateKey path: String) throws(TLSError) {
        ERR_clear_error()
        // Else OpenSSL asks the terminal for the pass phrase of an encrypted key, and waits.
        SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in -1 }
        guard SSL_CTX_use_PrivateKey_file(pointer, path, SSL_FILETYPE_PEM) == 1,
            SSL_CTX_check_private_key(pointer) == 1
        else { throw .fromQueue("cannot use private key \(path) with this certificate") }
    }

    /// A server with a key of its own, made now and kept in memory, and a certificate that nobody vouches for.
    package static func selfSignedServer(name: String) throws(TLSError) -> TLSContext {
        let context = try TLSContext(.server)
        let (certificate, key) = try makeSelfSigned(name: name)
        defer {
            X509_free(certificate)
            EVP_PKEY_free(key)
        }
        guard SSL_CTX_use_certificate(context.pointer, certificate) == 1,
            SSL_CTX_use_PrivateKey(context.pointer, key) == 1
        else { throw .fromQueue("cannot use the generated certificate") }
        return context
    }

    /// The caller frees both.
    private static func makeSelfSigned(name: String) throws(TLSError) -> (OpaquePointer, OpaquePointer) {
        guard let key = pr_generate_p256_key() else { throw .fromQueue("cannot generate a key") }
        guard let certificate = X509_new() else {
            EVP_PKEY_free(key)
            throw .fromQueue("cannot make a certificate")
        }
        let subject = X509_get_subject_name(certificate)
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1)
        X509_gmtime_adj(X509_getm_notBefore(certificate), -86_400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3_650 * 86_400)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0)
        X509_set_issuer_name(certificate, subject)
        guard X509_set_pubkey(certificate, key) == 1, X509_sign(certificate, key, EVP_sha256()) > 0 else {
            X509_free(certificate)
            EVP_PKEY_free(key)
            throw .fromQueue("cannot sign a certificate")
        }
        return (certificate, key)
    }
}
