// DomainRoutes.swift — the domains that mail is sent from, and their keys: /v1/domains.

import Crypto
import Domains
import HTTP
import HTTPTypes
import JSON
import Mail
import Queue

struct DomainRoutes: Sendable {
    let domains: DomainRegistry

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/domains", .scope(.domains)) { try await create($0) },
            APIRoute(.get, "/v1/domains", .scope(.domains), query: Page.parameters) { try list($0) },
            APIRoute(.get, "/v1/domains/{name}", .scope(.domains)) { call in
                answer(try domains.domain(call.domainName))
            },
            APIRoute(.delete, "/v1/domains/{name}", .scope(.domains)) { try await delete($0) },
            APIRoute(.post, "/v1/domains/{name}/verify", .scope(.domains)) { call in
                answer(try await domains.verify(call.domainName))
            },
            APIRoute(.post, "/v1/domains/{name}/dkim-keys", .scope(.domains)) { try await addKeys($0) },
            APIRoute(.post, "/v1/domains/{name}/dkim-keys/{selector}/activate", .scope(.domains)) { call in
                answer(try await domains.activate(call.selector, of: call.domainName))
            },
            APIRoute(.delete, "/v1/domains/{name}/dkim-keys/{selector}", .scope(.domains)) { call in
                answer(try await domains.deleteKey(call.selector, of: call.domainName))
            },
        ]
    }

    private func create(_ call: APICall) async throws -> HTTPServerResponse {
        let (name, original) = try NewDomainRequest.name(in: call.request.json)
        let created = try await domains.create(SendingDomainName(name, in: call.project), original: original)
        return answer(created, .created, fields: [.location: "/v1/domains/\(name)"])
    }

    private func list(_ call: APICall) throws -> HTTPServerResponse {
        var query = call.queryReader
        let page = Page(of: .domains, &query)
        try query.finish()
        let found = domains.domains(in: call.project, before: page.position, limit: page.limit + 1)
        return page.answer(found, of: .domains, position: \.domain.key) { $0.value($1) }
    }

    private func delete(_ call: APICall) async throws -> HTTPServerResponse {
        let gone = try await domains.delete(call.domainName)
        return .deleted("domain") {
            $0.member("id", gone.domain.id.description)
            $0.member("name", gone.domain.original)
        }
    }

    private func addKeys(_ call: APICall) async throws -> HTTPServerResponse {
        let algorithms = try NewKeyRequest.algorithms(in: call.request)
        return answer(try await domains.addKeys(algorithms, to: call.domainName), .created)
    }

    private func answer(
        _ domain: RegisteredDomain, _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> HTTPServerResponse {
        .json(status, fields: fields) { $0.value(domain) }
    }
}

extension APICall {
    /// In any case, U-labels or A-labels; what cannot be a domain names nothing (404).
    fileprivate var domainName: SendingDomainName {
        get throws(Problem) {
            do throws(AddressError) {
                return SendingDomainName(try Domain(parsing: parameters["name"] ?? ""), in: project)
            } catch {
                throw .notFound("domain")
            }
        }
    }

    fileprivate var selector: String { parameters["selector"] ?? "" }
}
