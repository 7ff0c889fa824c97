// CertificateFiles.swift — a certificate that nobody vouches for and its key, as PEM files in a directory of their own.

import COpenSSL
import Foundation

/// The files go with it.
package final class CertificateFiles: Sendable {
    package let certificate: String
    package let key: String
    private let directory: URL

    package init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "postrider-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        certificate = directory.appending(path: "certificate.pem").path
        key = directory.appending(path: "key.pem").path
        try renew()
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// Puts a new key and certificate into the files.
    package func renew() throws {
        guard let pair = pr_generate_p256_key(), let x509 = X509_new() else { throw POSIXError(.ENOMEM) }
        defer {
            X509_free(x509)
            EVP_PKEY_free(pair)
        }
        X509_set_version(x509, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(x509), Int.random(in: 1...(.max)))
        X509_gmtime_adj(X509_getm_notBefore(x509), -60)
        X509_gmtime_adj(X509_getm_notAfter(x509), 86_400)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8, "mail.test", -1, -1, 0)
        X509_set_issuer_name(x509, X509_get_subject_name(x509))
        X509_set_pubkey(x509, pair)
        X509_sign(x509, pair, EVP_sha256())
        try write(to: certificate) { PEM_write_bio_X509($0, x509) }
        try write(to: key) { PEM_write_bio_PrivateKey($0, pair, nil, nil, 0, nil, nil) }
    }

    private func write(to path: String, _ content: (OpaquePointer) -> Int32) throws {
        guard let file = BIO_new_file(path, "w") else { throw POSIXError(.EIO) }
        defer { BIO_free(file) }
        guard content(file) == 1 else { throw POSIXError(.EIO) }
    }
}
