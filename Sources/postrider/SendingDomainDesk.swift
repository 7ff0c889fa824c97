// SendingDomainDesk.swift — what `postrider domain …` does, one function for each command: asks the API, returns what to print.

import Foundation
import JSON

struct SendingDomainDesk {
    let client: APIClient

    /// The records to publish.
    func add(_ name: String) throws -> String {
        var body = JSONObject()
        _ = body.append("name", .string(name))
        let domain = SendingDomainListing(try client.object("POST", "/v1/domains", body))
        return domain.zone() + "; publish these, then: postrider domain verify \(domain.name)\n"
    }

    /// A line for each domain, newest first.
    func list() throws -> String {
        var lines = ""
        var path: String? = "/v1/domains?limit=200"
        while let page = try path.map({ try client.object("GET", $0) }) {
            let domains = (page["data"]?.array ?? []).compactMap(\.object).map(SendingDomainListing.init)
            lines += domains.map { "\($0.status)\t\($0.name)\n" }.joined()
            path = page["next_cursor"]?.string.map { "/v1/domains?limit=200&cursor=\($0)" }
        }
        return lines
    }

    func domain(_ name: String) throws -> SendingDomainListing {
        SendingDomainListing(try client.object("GET", path(of: name)))
    }

    /// After looking its records up.
    func verified(_ name: String) throws -> SendingDomainListing {
        SendingDomainListing(try client.object("POST", path(of: name) + "/verify"))
    }

    /// The records of keys that are to come: made now, but for those that wait already.
    func rotate(_ name: String) throws -> String {
        var domain = try domain(name)
        for algorithm in domain.algorithms.subtracting(domain.waitingKeys.map(\.algorithm)).sorted() {
            var body = JSONObject()
            _ = body.append("algorithm", .string(algorithm))
            domain = SendingDomainListing(try client.object("POST", path(of: name) + "/dkim-keys", body))
        }
        return domain.zone(of: domain.waitingKeys)
            + "; publish these, then: postrider domain rotate \(domain.name) --activate\n"
    }

    /// Lets, of each algorithm, the newest key whose record is there sign.
    func activate(_ name: String) throws -> String {
        let domain = try verified(name)
        let ready = domain.algorithms.sorted().compactMap { algorithm in
            domain.waitingKeys.last { $0.algorithm == algorithm && domain.isSeen($0) }
        }
        guard !ready.isEmpty else {
            throw CommandFailure("no new key of \(domain.name) has its record published:\n\(domain.findings)")
        }
        for key in ready { _ = try client.object("POST", path(of: name) + "/dkim-keys/\(key.selector)/activate") }
        return ready.map { "\($0.selector) signs now\n" }.joined()
    }

    /// `name` as the user wrote it: the service reads U-labels and A-labels.
    private func path(of name: String) -> String {
        "/v1/domains/" + (name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name)
    }
}
