// PostTarget.swift — an endpoint with its keys, and the posts that are made out for it.

import Crypto
import Events
import Queue

struct PostTarget: Sendable {
    let endpoint: Endpoint
    private let secret: WebhookSecret
    private let oldSecret: WebhookSecret?
    /// Its owner's, `name: value` each.
    private let headers: [String]
    /// Hides their values in what an endpoint answers.
    let mask: HeaderMask

    /// Nil if what is sealed in the store cannot be opened or read.
    init?(_ endpoint: Endpoint, openedBy box: SecretBox) {
        guard let secret = WebhookSecret(endpoint.secret, of: endpoint.id, openedBy: box),
            let headers = EndpointHeaders(of: endpoint, openedBy: box)
        else { return nil }
        (self.endpoint, self.secret) = (endpoint, secret)
        self.headers = headers.lines
        mask = HeaderMask(headers)
        oldSecret = endpoint.oldSecret.flatMap { WebhookSecret($0.secret, of: endpoint.id, openedBy: box) }
        if endpoint.oldSecret != nil, oldSecret == nil { return nil }
    }

    /// Each signs the posts of this moment, the newest first; two while a rotation lasts.
    func secrets(at time: Timestamp) -> [WebhookSecret] {
        guard let oldSecret, let end = endpoint.oldSecret?.expiresAt, time < end else { return [secret] }
        return [secret, oldSecret]
    }

    /// The same event has the same id and body on every try; timestamp and signature are those of this one.
    func post(of event: Event, at time: Timestamp, userAgent: String) -> WebhookPost {
        let id = event.id.description
        let body = EventPayload.bytes(of: event)
        let seconds = time.milliseconds / 1000
        let signature = WebhookSignature.headerValue(
            id: id, timestamp: seconds, body: body, secrets: secrets(at: time))
        var post = WebhookPost(
            url: endpoint.url,
            headers: [
                "content-type: application/json", "user-agent: \(userAgent)", "webhook-id: \(id)",
                "webhook-timestamp: \(seconds)", "webhook-signature: \(signature)",
            ] + headers, body: body)
        post.timeout = .seconds(endpoint.timeoutSeconds)
        return post
    }
}
