// MessageRoutes+DryRun.swift — what would be sent, and where to, without sending it: POST /v1/messages?dry_run=true.

import HTTP
import HTTPTypes
import JSON
import Mail
import Queue

extension MessageRoutes {
    /// Everything that sending does, up to the commit: then it looks destinations up instead. No key is claimed.
    func dryRun(_ call: APICall) async throws -> HTTPServerResponse {
        let run = try await besideTheLoop { try composeDryRun(call) }
        let domains = Set(run.submission.recipients.map(\.mailbox.domain))
        let forecasts: [Domain: DestinationForecast] =
            run.submission.isSandbox
            ? Dictionary(uniqueKeysWithValues: domains.map { ($0, .sandbox) })
            : await forecast.forecasts(for: domains)
        return .json { $0.dryRun(run, forecasts) }
    }

    private func composeDryRun(_ call: APICall) throws(Problem) -> DryRun {
        let request = try read(call, isRepeatable: false).request
        let submission = try request.submission(store)
        return DryRun(
            submission: submission,
            signing:
                store.sendingDomains[SendingDomainName(submission.fromDomain, in: submission.project)]?.activeKeys
                ?? [],
            warnings: request.warnings(of: submission, store))
    }
}

private struct DryRun: Sendable {
    let submission: Submission
    let signing: [DKIMKeyRow]
    let warnings: [Warning]
}

extension JSONWriter {
    fileprivate mutating func dryRun(_ run: DryRun, _ forecasts: [Domain: DestinationForecast]) {
        let submission = run.submission
        let isScheduled = submission.firstAttemptAt > submission.acceptedAt
        object {
            $0.member("object", "dry_run")
            $0.member("status", (isScheduled ? MessageStatus.scheduled : .queued).rawValue)
            $0.member("send_at", isScheduled ? submission.firstAttemptAt.rfc3339 : nil)
            $0.member("expires_at", submission.expiresAt.rfc3339)
            $0.member("from", submission.from)
            $0.member("subject", submission.subject)
            $0.member("return_path", submission.reversePath.text)
            $0.member("size_bytes", submission.content.bytes.count)
            $0.member("header", array: { $0.header(of: submission) })
            $0.member(
                "signatures", array: { for key in run.signing { $0.signature(by: key, of: submission.fromDomain) } })
            $0.member("tags", submission.tags)
            $0.member("metadata", submission.metadata)
            $0.member("external_id", submission.externalID)
            if submission.isSandbox { $0.member("sandbox", true) }
            $0.member(
                "recipients",
                array: {
                    for recipient in submission.recipients {
                        $0.recipient(recipient, forecasts[recipient.mailbox.domain] ?? .unknown("not found in time"))
                    }
                })
            $0.member("warnings", array: { for warning in run.warnings { $0.warning(warning) } })
        }
    }

    private mutating func header(of submission: Submission) {
        for field in MessageHeader.fields(of: submission.content.bytes) {
            object {
                $0.member("name", field.name)
                $0.member("value", field.value)
            }
        }
    }

    private mutating func signature(by key: DKIMKeyRow, of domain: Domain) {
        object {
            $0.member("domain", domain.ascii)
            $0.member("selector", key.selector)
            $0.member("algorithm", key.algorithm)
        }
    }

    private mutating func recipient(_ recipient: Submission.Recipient, _ forecast: DestinationForecast) {
        object {
            $0.member("address", recipient.mailbox.original)
            $0.member("kind", recipient.role.rawValue)
            if recipient.isSuppressed { return $0.outlook("suppressed", [], problem: nil) }
            switch forecast {
            case .hosts(let hosts):
                $0.outlook("deliverable", hosts, problem: nil)
            case .impossible(let reason, let detail):
                $0.outlook("undeliverable", [], problem: (reason, detail))
            case .unknown(let detail):
                $0.outlook("unknown", [], problem: ("dns", detail))
            }
        }
    }

    private mutating func outlook(
        _ outlook: String, _ hosts: [DestinationForecast.Host], problem: (reason: String, detail: String)?
    ) {
        member("outlook", outlook)
        member(
            "mx",
            array: {
                for host in hosts {
                    $0.object {
                        $0.member("host", host.name)
                        $0.member("addresses", array: { for address in host.addresses { $0.string(address) } })
                    }
                }
            })
        member(
            "problem", problem,
            object: {
                $0.member("reason", $1.reason)
                $0.member("detail", $1.detail)
            })
    }
}
