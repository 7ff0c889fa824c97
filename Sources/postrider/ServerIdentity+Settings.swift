// ServerIdentity+Settings.swift — the certificate that the settings name, and reading it again on SIGHUP.

import Logging
import ServiceLifecycle
import Settings
import TLS

extension ServerIdentity {
    /// Nil if the settings want clear text.
    static func open(_ settings: Settings.HTTP) throws(SettingsError) -> ServerIdentity? {
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else { return nil }
        do throws(Failure) {
            return try ServerIdentity(certificateChain: certificate, privateKey: key)
        } catch { throw .unusable(error.setting, error.reason.description) }
    }

    /// What is new is served from now on; what is of no use is an error in the log, and the old stays.
    func reload(log: Logger) {
        do throws(Failure) {
            try reload()
            log.notice("read the TLS certificate again")
        } catch {
            let metadata: Logger.Metadata = ["setting": "\(error.setting)", "error": "\(error.reason)"]
            log.error("cannot use the new TLS certificate; the old one stays", metadata: metadata)
        }
    }
}

extension ServerIdentity.Failure {
    fileprivate var setting: String {
        switch part {
        case .certificate: "http.tls_certificate"
        case .key: "http.tls_key"
        }
    }
}

/// SIGHUP, which else would end the process, asks a running service to read its certificate again.
struct HangUps<Signals: AsyncSequence & Sendable>: Service where Signals.Element: Sendable {
    let signals: Signals
    let answer: @Sendable () -> Void

    func run() async throws {
        for try await _ in signals.cancelOnGracefulShutdown() { answer() }
    }
}
