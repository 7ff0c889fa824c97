// Forwarder.swift — posts one event after another to a program, signed after Standard Webhooks 1.0.

import Glibc
import JSON
import Webhooks

struct Forwarder {
    let target: PostURL
    let secret: WebhookSecret
    let printer: Printer

    /// As webhooks have it by default.
    private static let patience: Duration = .seconds(15)

    init(to target: PostURL, secret: WebhookSecret, printer: Printer) {
        (self.target, self.secret, self.printer) = (target, secret, printer)
    }

    /// The secret is not for a log of posts: in JSON it is an object of its own, before those.
    func introduce() throws {
        if printer.isJSON {
            var writer = JSONWriter()
            writer.object {
                $0.member("object", "listener")
                $0.member("forward_to", target.text)
                $0.member("secret", secret.text)
            }
            try printer.json(writer.bytes)
        } else {
            try printer.output("posting to \(target.text); signing secret: \(secret.text)\n")
        }
    }

    func forward(_ event: ServerSentEvent) throws {
        guard let document = Document(event.data), let id = document.object["id"]?.string else {
            throw CommandFailure("the stream has an event that is no JSON object with an id")
        }
        let start = ContinuousClock.now
        let outcome = Result { try post(event.data, id: id).perform() }
        let milliseconds = Int64((ContinuousClock.now - start) / .milliseconds(1))
        switch outcome {
        case .success(let answer): try report(document.object, status: answer.status, error: nil, milliseconds)
        case .failure(let failure as TransferFailure):
            try report(document.object, status: nil, error: failure.reason, milliseconds)
        case .failure(let error): throw error
        }
    }

    private func post(_ body: [UInt8], id: String) throws -> Exchange {
        var request = APIRequest("POST", "")
        (request.body, request.patience) = (body, Self.patience)
        let seconds = Int64(time(nil))
        let signature = WebhookSignature.headerValue(id: id, timestamp: seconds, body: body, secrets: [secret])
        request.fields = [
            "webhook-id: \(id)", "webhook-timestamp: \(seconds)", "webhook-signature: \(signature)",
        ]
        return try Exchange(request, at: ServiceAddress(target), key: nil)
    }

    private func report(_ event: JSONObject, status: Int?, error: String?, _ milliseconds: Int64) throws {
        if printer.isJSON {
            var writer = JSONWriter()
            writer.object {
                $0.member("object", "forwarded")
                $0.member("event_id", event.text("id"))
                $0.member("event_type", event.text("type"))
                $0.member("response_status", status)
                $0.member("error", error)
                $0.member("latency_ms", milliseconds)
            }
            return try printer.json(writer.bytes)
        }
        let isSuccess = status.map { (200...299).contains($0) } ?? false
        let result = printer.ink.paint(status.map(String.init) ?? error?.printable ?? "", isSuccess ? .good : .bad)
        try printer.output("\(result) in \(milliseconds) ms  " + EventListing(event).line(printer.ink))
    }
}

extension TransferFailure {
    fileprivate var reason: String {
        switch self {
        case .unreachable(let reason), .lost(let reason), .impossible(let reason): reason
        }
    }
}
