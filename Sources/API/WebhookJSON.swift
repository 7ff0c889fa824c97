// WebhookJSON.swift — endpoints and what was posted to them as users see it (openapi.yaml: Webhook, WebhookDelivery).

import Events
import JSON
import Queue

extension JSONWriter {
    /// The secret, in the clear, is shown by the answer that creates the endpoint, and by no other.
    mutating func webhook(_ endpoint: Endpoint, secret: String? = nil) {
        object {
            $0.member("object", "webhook")
            $0.member("id", endpoint.id.description)
            $0.member("url", endpoint.url)
            $0.member("types", array: { for type in endpoint.types { $0.string(type.rawValue) } })
            $0.member("status", endpoint.disabledAt == nil ? "enabled" : "disabled")
            $0.member("disabled_reason", endpoint.disabledReason)
            $0.member("created_at", endpoint.createdAt.rfc3339)
            if let secret { $0.member("secret", secret) }
        }
    }

    mutating func delivery(_ post: StoredPost) {
        object {
            $0.member("object", "webhook_delivery")
            $0.member("event_id", post.eventID?.description)
            $0.member("event_type", post.eventType?.rawValue)
            $0.member("attempt", post.number)
            $0.member("status", post.isSuccess ? "succeeded" : "failed")
            $0.member("response_status", post.status)
            $0.member("error", post.error)
            $0.member("latency_ms", post.latency.wholeMilliseconds)
            $0.member("attempted_at", post.startedAt.rfc3339)
            $0.member("next_attempt_at", post.nextTryAt?.rfc3339)
        }
    }
}

extension StoredPost {
    fileprivate var isSuccess: Bool { status.map { (200...299).contains($0) } ?? false }
}
