// WebhookSecret+Sealing.swift — endpoints' secrets and header fields as the store has them: sealed.

import Crypto
import Queue

extension WebhookSecret {
    /// Nil if it was sealed under another master key, or for another endpoint, or is none.
    init?(_ sealed: String, of endpoint: EndpointID, openedBy box: SecretBox) {
        do throws(SecretBoxError) {
            let text = try box.open(sealed, for: Endpoint.secretPurpose(of: endpoint))
            self.init(String(decoding: text, as: UTF8.self))
        } catch {
            return nil
        }
    }

    /// As the store has it.
    package func sealed(for endpoint: EndpointID, by box: SecretBox) -> String {
        box.seal(Array(text.utf8), for: Endpoint.secretPurpose(of: endpoint))
    }
}

extension EndpointHeaders {
    /// Nil if they were sealed under another master key, or for another endpoint, or are none.
    init?(of endpoint: Endpoint, openedBy box: SecretBox) {
        guard let sealed = endpoint.sealedHeaders else {
            self.init()
            return
        }
        do throws(SecretBoxError) {
            self.init(bytes: try box.open(sealed, for: Endpoint.headersPurpose(of: endpoint.id)))
        } catch {
            return nil
        }
    }
}

extension QueueStore {
    /// Seals the secrets that a version without sealing has left in the clear. Returns whether none is left in the file.
    func sealSecrets(with box: SecretBox) async throws(StoreFailure) -> Bool {
        var sealed: [EndpointID: String] = [:]
        for endpoint in try await endpoints(in: nil) {
            guard let secret = WebhookSecret(endpoint.secret) else { continue }
            sealed[endpoint.id] = secret.sealed(for: endpoint.id, by: box)
        }
        return try await replaceSecrets(sealed)
    }
}
