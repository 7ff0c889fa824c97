// WebhookJSON.swift — endpoints and what was posted to them as users see it (openapi.yaml: Webhook, WebhookDelivery, …).

import Events
import JSON
import Queue

/// An endpoint with what is not in its row.
struct WebhookView: Sendable {
    static let mostPending = 1000

    let endpoint: Endpoint
    /// In their order.
    let headerNames: [String]
    /// Events that wait for it, counted up to `mostPending`.
    let pending: Int
}

extension JSONWriter {
    /// The secret, in the clear, is shown by the answer that makes it, and by no other.
    mutating func webhook(_ view: WebhookView, secret: String? = nil) {
        let endpoint = view.endpoint
        object {
            $0.member("object", "webhook")
            $0.member("id", endpoint.id.description)
            $0.member("url", endpoint.url)
            $0.member("description", endpoint.description)
            $0.member("types", array: { for type in endpoint.types { $0.string(type.rawValue) } })
            $0.member("tags", endpoint.tags)
            $0.member("headers", object: { for name in view.headerNames { $0.member(name, headerMask) } })
            $0.member("timeout_seconds", endpoint.timeoutSeconds)
            $0.member("max_concurrency", endpoint.maxConcurrency)
            $0.member("status", endpoint.status.rawValue)
            $0.member("disabled_reason", endpoint.disabledReason)
            $0.member("health", object: { $0.health(of: view) })
            $0.member("created_at", endpoint.createdAt.rfc3339)
            $0.member("previous_secret_expires_at", endpoint.oldSecret?.expiresAt.rfc3339)
            if let secret { $0.member("secret", secret) }
        }
    }

    private mutating func health(of view: WebhookView) {
        let health = view.endpoint.health
        member("status", view.endpoint.healthStatus)
        member("failing_since", health.failingSince?.rfc3339)
        member("last_success_at", health.lastSuccessAt?.rfc3339)
        member(
            "last_failure", health.lastFailureAt,
            object: {
                $0.member("at", $1.rfc3339)
                $0.member("error", health.lastFailure)
            })
        member("pending", view.pending)
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

    mutating func trial(_ trial: EndpointTrial) {
        object {
            $0.member("object", "webhook_test")
            $0.member("event_id", trial.event.id.description)
            $0.member("status", trial.error == nil ? "succeeded" : "failed")
            $0.member("error", trial.error)
            $0.member("latency_ms", trial.latency.wholeMilliseconds)
            $0.member("attempted_at", trial.startedAt.rfc3339)
            $0.member("response", trial.status, object: { $0.response($1, of: trial) })
        }
    }

    /// Fields of one name become one (RFC 9110 §5.3).
    private mutating func response(_ status: Int, of trial: EndpointTrial) {
        var values: [String: [String]] = [:]
        for header in trial.headers { values[header.name, default: []].append(header.value) }
        member("status", status)
        member("headers", values.mapValues { $0.joined(separator: ", ") })
        member("body", String(decoding: trial.body, as: UTF8.self))
    }

    mutating func replay(of endpoint: EndpointID, events: Int) {
        object {
            $0.member("object", "webhook_replay")
            $0.member("webhook_id", endpoint.description)
            $0.member("events", events)
        }
    }
}

extension StoredPost {
    fileprivate var isSuccess: Bool { status.map { (200...299).contains($0) } ?? false }
}

extension Endpoint {
    fileprivate var healthStatus: String {
        switch status {
        case .enabled: health.failingSince == nil ? "healthy" : "failing"
        case .paused, .disabled: status.rawValue
        }
    }
}
