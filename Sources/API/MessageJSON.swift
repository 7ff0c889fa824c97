// MessageJSON.swift — messages, recipients and attempts as users see them (openapi.yaml: Message, Recipient, Attempt).

import Events
import JSON
import Mail
import Queue

extension JSONWriter {
    /// `warnings` are those of the request that made the message; nothing keeps them. `more` writes further members.
    mutating func message(
        _ message: StoredMessage, at now: Timestamp, warnings: [Warning] = [],
        more: (inout JSONWriter) -> Void = { _ in }
    ) {
        let statuses = message.recipients.map { $0.status(at: now) }
        object {
            $0.member("object", "message")
            $0.member("id", message.id.description)
            $0.member("message_id", message.rfcMessageID)
            $0.member("status", MessageStatus(of: statuses).rawValue)
            $0.member("created_at", message.acceptedAt.rfc3339)
            $0.member("send_at", message.firstAttemptAt > message.acceptedAt ? message.firstAttemptAt.rfc3339 : nil)
            $0.member("expires_at", message.expiresAt.rfc3339)
            $0.member("from", message.from)
            $0.member("subject", message.subject)
            $0.member("size_bytes", message.size)
            $0.member("content_available", message.hasContent)
            $0.member("tags", message.tags)
            $0.member("metadata", message.metadata)
            $0.member("external_id", message.externalID)
            if message.isSandbox { $0.member("sandbox", true) }
            $0.counts(of: statuses)
            $0.member(
                "recipients",
                array: {
                    for (recipient, status) in zip(message.recipients, statuses) { $0.recipient(recipient, status) }
                })
            $0.member("warnings", array: { for warning in warnings { $0.warning(warning) } })
            more(&$0)
        }
    }

    /// Scheduled recipients count as queued: what they wait for is their first attempt.
    private mutating func counts(of statuses: [RecipientStatus]) {
        func count(_ status: RecipientStatus) -> Int { statuses.count { $0 == status } }
        member(
            "counts",
            object: {
                $0.member("queued", count(.queued) + count(.scheduled))
                $0.member("delayed", count(.delayed))
                $0.member("delivered", count(.delivered))
                $0.member("bounced", count(.bounced))
                $0.member("failed", count(.failed))
                $0.member("suppressed", count(.suppressed))
                $0.member("canceled", count(.canceled))
            })
    }

    private mutating func recipient(_ recipient: StoredRecipient, _ status: RecipientStatus) {
        object {
            $0.member("object", "recipient")
            $0.member("id", recipient.id.description)
            $0.member("address", recipient.mailbox.original)
            $0.member("kind", recipient.role.rawValue)
            $0.member("status", status.rawValue)
            $0.member("attempts", recipient.attempts)
            $0.member("next_attempt_at", recipient.nextAttemptAt?.rfc3339)
            $0.member("delivered_at", recipient.deliveredAt?.rfc3339)
            $0.member("finished_at", recipient.finishedAt?.rfc3339)
            $0.member("bounce", recipient.bounce)
            $0.member("failure", recipient.failure)
        }
    }

    mutating func warning(_ warning: Warning) {
        object {
            $0.member("code", warning.code)
            $0.member("pointer", warning.pointer)
            $0.member("detail", warning.detail)
        }
    }

    mutating func attempt(_ attempt: StoredAttempt) {
        object {
            $0.member("object", "attempt")
            $0.member("id", attempt.id.description)
            $0.member("started_at", attempt.startedAt.rfc3339)
            $0.member("finished_at", attempt.finishedAt.rfc3339)
            $0.member("duration_ms", (attempt.finishedAt - attempt.startedAt).wholeMilliseconds)
            $0.member("host", attempt.host)
            $0.member("ip", attempt.address)
            $0.member("tls", attempt.tls)
            $0.member("reply", attempt.reply)
            $0.member("transcript", attempt.transcript)
            $0.member(
                "recipients",
                array: {
                    for result in attempt.results {
                        $0.object {
                            $0.member("id", result.recipient.description)
                            $0.member("outcome", result.outcome.rawValue)
                        }
                    }
                })
        }
    }
}
