// DomainRoutes.swift — the domains that mail is sent from, and their keys: /v1/domains.

import Crypto
import Domains
import HTTP
import HTTPTypes
import JSON
import Mail

struct DomainRoutes: Sendable {
    let domains: DomainRegistry

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/domains") { try await create($0.request) },
            APIRoute(.get, "/v1/domains") { try list($0) },
            APIRoute(.get, "/v1/domains/{name}") { request in
                try await answer { try domains.domain(request.domainName) }
            },
            APIRoute(.delete, "/v1/domains/{name}") { try await delete($0) },
            APIRoute(.post, "/v1/domains/{name}/verify") { request in
                try await answer { try await domains.verify(request.domainName) }
            },
            APIRoute(.post, "/v1/domains/{name}/dkim-keys") { try await addKeys($0) },
            APIRoute(.post, "/v1/domains/{name}/dkim-keys/{selector}/activate") { request in
                try await answer { try await domains.activate(request.selector, of: request.domainName) }
            },
            APIRoute(.delete, "/v1/domains/{name}/dkim-keys/{selector}") { request in
                try await answer { try await domains.deleteKey(request.selector, of: request.domainName) }
            },
        ]
    }

    private func create(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (name, original) = try NewDomainRequest.name(in: request.json)
        return try await answer(.created, fields: [.location: "/v1/domains/\(name)"]) {
            try await domains.create(name, original: original)
        }
    }

    private func list(_ request: RouteRequest) throws -> HTTPServerResponse {
        var query = QueryReader(request.query, known: Page.parameters)
        let page = Page(of: .domains, &query)
        try query.finish()
        let found = domains.domains(before: page.position, limit: page.limit + 1)
        return page.answer(found, of: .domains, position: \.domain.key) { $0.value($1) }
    }

    private func delete(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let name = try request.domainName
        let gone: RegisteredDomain
        do { gone = try await domains.delete(name) } catch let refusal as DomainRefusal { throw Problem(refusal) }
        return .json { writer in
            writer.object {
                $0.member("object", "domain")
                $0.member("id", gone.domain.id.description)
                $0.member("name", gone.domain.original)
                $0.member("deleted", true)
            }
        }
    }

    private func addKeys(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let algorithms = try NewKeyRequest.algorithms(in: request.request)
        return try await answer(.created) { try await domains.addKeys(algorithms, to: request.domainName) }
    }

    /// The domain that comes of `ask`.
    private func answer(
        _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], _ ask: () async throws -> RegisteredDomain
    ) async throws -> HTTPServerResponse {
        do {
            let domain = try await ask()
            return .json(status, fields: fields) { $0.value(domain) }
        } catch let refusal as DomainRefusal {
            throw Problem(refusal)
        }
    }
}

extension RouteRequest {
    /// In any case, U-labels or A-labels; what cannot be a domain names nothing (404).
    fileprivate var domainName: Domain {
        get throws(Problem) {
            do throws(AddressError) { return try Domain(parsing: parameters["name"] ?? "") } catch {
                throw .notFound("domain")
            }
        }
    }

    fileprivate var selector: String { parameters["selector"] ?? "" }
}

extension Problem {
    fileprivate init(_ refusal: DomainRefusal) {
        switch refusal {
        case .noSuchDomain, .noSuchKey: self.init(.notFound, refusal.description)
        case .alreadyRegistered, .tooManyKeys, .keyIsActive, .keyIsRetired, .keyIsNeeded, .recordNotSeen,
            .changedMeanwhile:
            self.init(.conflict, refusal.description)
        }
    }
}
