// Healthcheck.swift — `postrider healthcheck`: asks the service whether it is ready; for containers.

import ArgumentParser

struct Healthcheck: DeskCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the service whether it is ready; exit status 0 if so, 1 if not.")

    @OptionGroup(title: "Service") var service: ServiceOptions

    private static let path = "/readyz"

    func perform(at desk: Desk) throws {
        var request = APIRequest("GET", Self.path)
        request.patience = .seconds(3)
        let client = desk.client
        // Once: whoever asks for health asks again by himself.
        let answer: APIAnswer
        // Whatever certificate it shows: a new one, of which the service has yet to be told, does not make it unready.
        // Nothing secret is sent.
        var address = client.address
        address.trust = .anybody
        do {
            answer = try Exchange(request, at: address, key: nil).perform()
        } catch let failure as TransferFailure { throw client.described(failure) }
        let document = Document(answer.body)
        if desk.printer.isJSON, let document { try desk.printer.json(document.bytes) }
        guard answer.status == 200 else {
            throw CommandFailure("not ready: \(client.address)\(Self.path) answers \(answer.status)")
        }
        // Another server, on the same port by mistake, may answer 200 to everything.
        guard document?.object.text("status") == "ok" else { throw client.unreadable(answer, to: request) }
    }
}
