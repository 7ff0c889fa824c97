// APIClient.swift — asks the running service's API, for commands that are run beside it.

import Address
import JSON
import Settings

/// One blocking request at a time, at `http.listen`, with the root key if the settings have it.
struct APIClient {
    let origin: String
    private let key: String?
    /// Of a service that speaks HTTPS.
    private let pin: String?

    init(_ settings: Settings) throws {
        let listen = settings.http.listen
        guard listen.port != 0 else { throw CommandFailure("http.listen has port 0: nobody knows where to ask") }
        (origin, key) = ("\(settings.http.scheme)://\(listen.reachable)", settings.rootKey)
        pin = try settings.http.tlsCertificate.map(Exchange.pin(ofCertificate:))
    }

    /// The object in the answer. Throws what the service says is wrong, or why it could not be asked.
    func object(_ method: String, _ path: String, _ body: JSONObject? = nil) throws -> JSONObject {
        let exchange = try Exchange(method, origin + path, key: key, body: body.map { JSONValue.object($0).bytes })
        if let pin { try exchange.trust(pin: pin) }
        let status = try exchange.perform()
        guard let answer = try? JSONValue(parsing: exchange.answer), let object = answer.object else {
            throw CommandFailure("\(origin)\(path) answers \(status), and nothing that Postrider would say")
        }
        guard (200...299).contains(status) else { throw failure(object) }
        return object
    }

    private func failure(_ problem: JSONObject) -> CommandFailure {
        let hint = problem["code"]?.string == "unauthenticated" ? " Set root_key, as the service has it." : ""
        return CommandFailure((problem["detail"]?.string ?? "the service refused this") + hint)
    }
}
