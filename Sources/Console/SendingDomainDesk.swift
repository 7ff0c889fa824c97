// SendingDomainDesk.swift — what `postrider domain …` asks of the API, one function for each command.

import JSON

struct SendingDomainDesk {
    let client: APIClient

    func add(_ name: String) throws -> Document {
        var body = JSONObject()
        _ = body.append("name", .string(name))
        return try client.document(APIRequest("POST", "/v1/domains", body))
    }

    func domain(_ name: String) throws -> Document { try client.document(APIRequest("GET", path(of: name))) }

    func remove(_ name: String) throws -> Document { try client.document(APIRequest("DELETE", path(of: name))) }

    /// After looking its records up.
    func verified(_ name: String) throws -> Document {
        try client.document(APIRequest("POST", path(of: name) + "/verify"))
    }

    /// With keys that are to come: made now, but for those that wait already.
    func rotate(_ name: String) throws -> Document {
        var document = try domain(name)
        let domain = SendingDomainListing(document.object)
        for algorithm in domain.algorithms.subtracting(domain.waitingKeys.map(\.algorithm)).sorted() {
            var body = JSONObject()
            _ = body.append("algorithm", .string(algorithm))
            document = try client.document(APIRequest("POST", path(of: name) + "/dkim-keys", body))
        }
        return document
    }

    /// Lets, of each algorithm, the newest key whose record is there sign.
    func activate(_ name: String) throws -> (domain: Document, keys: [SendingDomainListing.Key]) {
        var document = try verified(name)
        let domain = SendingDomainListing(document.object)
        let ready = domain.algorithms.sorted().compactMap { algorithm in
            domain.waitingKeys.last { $0.algorithm == algorithm && domain.isSeen($0) }
        }
        guard !ready.isEmpty else {
            throw CommandFailure("no new key of \(domain.name) has its record published:\n\(domain.findings)")
        }
        for key in ready {
            let path = path(of: name) + "/dkim-keys/\(percentEncoded(key.selector))/activate"
            document = try client.document(APIRequest("POST", path))
        }
        return (document, ready)
    }

    /// `name` as the user wrote it: the service reads U-labels and A-labels.
    private func path(of name: String) -> String { "/v1/domains/" + percentEncoded(name) }
}

extension Desk {
    var domains: SendingDomainDesk { SendingDomainDesk(client: client) }
}
