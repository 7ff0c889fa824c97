// PostTarget.swift — an endpoint with its keys, and the posts that are made out for it.

import Crypto
import Events
import Queue

struct PostTarget: Sendable {
    var endpoint: Endpoint
    /// Each signs every post; two while a rotation lasts.
    var secrets: [WebhookSecret]

    /// Nil if the secret in the store cannot be opened or read.
    init?(_ endpoint: Endpoint, openedBy box: SecretBox) {
        guard let secret = WebhookSecret(of: endpoint, openedBy: box) else { return nil }
        (self.endpoint, secrets) = (endpoint, [secret])
    }

    func wants(_ event: Event) -> Bool {
        endpoint.types.isEmpty || endpoint.types.contains(event.type) || event.type == .test
    }

    /// The same event has the same id and body on every try; timestamp and signature are those of this one.
    func post(of event: Event, at time: Timestamp, userAgent: String) -> WebhookPost {
        let id = event.id.description
        let body = EventPayload.bytes(of: event)
        let seconds = time.milliseconds / 1000
        let signature = WebhookSignature.headerValue(id: id, timestamp: seconds, body: body, secrets: secrets)
        return WebhookPost(
            url: endpoint.url,
            headers: [
                "content-type: application/json", "user-agent: \(userAgent)", "webhook-id: \(id)",
                "webhook-timestamp: \(seconds)", "webhook-signature: \(signature)",
            ], body: body)
    }
}
