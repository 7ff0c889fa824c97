// KeyRoutes.swift — keys to this API: /v1/api-keys, and /v1/whoami.
//
// A key that may see to keys sees to those of its project and gives no more than it has; the root key, to all of them.

import Crypto
import HTTP
import HTTPTypes
import Queue

struct KeyRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock

    init(_ configuration: APIConfiguration) { (store, clock) = (configuration.store, configuration.clock) }

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/api-keys", .scope(.keys)) { try await create($0) },
            APIRoute(.get, "/v1/api-keys", .scope(.keys), query: Page.parameters + ["project"]) { try list($0) },
            APIRoute(.get, "/v1/api-keys/{id}", .scope(.keys)) { try show($0) },
            APIRoute(.patch, "/v1/api-keys/{id}", .scope(.keys)) { try await change($0) },
            APIRoute(.delete, "/v1/api-keys/{id}", .scope(.keys)) { try await revoke($0) },
            APIRoute(.post, "/v1/api-keys/{id}/roll", .scope(.keys)) { try await roll($0) },
            APIRoute(.get, "/v1/whoami", .anyKey) { whoami($0) },
        ]
    }
}

extension KeyRoutes {
    private func create(_ call: APICall) async throws -> HTTPServerResponse {
        let now = clock.now
        let request = try KeyRequest(call.request.json, by: call.caller, at: now)
        let text = KeyText(making: request.mode)
        var key = APIKey(
            project: try project(of: request, for: call.caller), mode: request.mode, name: request.name,
            secret: APIKey.Secret(text), grant: request.grant, createdAt: now)
        if !request.namesScopes, key.project != .default { key.grant.scopes.remove(.metrics) }
        try key.checkScopes()
        try call.checkMayGrant(key)
        guard let stored = try await store.createKey(key) else { throw Problem(.conflict, "The project is gone.") }
        return .json(.created, fields: [.location: "/v1/api-keys/\(stored.id)", .cacheControl: "no-store"]) {
            $0.value(ShownKey(stored, in: store.access, text: text.text))
        }
    }

    /// Others than the root key learn nothing of what projects there are.
    private func project(of request: KeyRequest, for caller: Caller) throws(Problem) -> ProjectID {
        guard let name = request.project else { return caller.project }
        let named = ProjectUID(name).flatMap { store.access.project($0)?.id }
        if let named, caller.isRoot || named == caller.project { return named }
        guard caller.isRoot else { throw Problem(.forbidden, "This key can make keys of its own project only.") }
        throw .validation([
            FieldError(pointer: "#/project", code: .invalidValue, detail: "There is no such project.", received: name)
        ])
    }

    private func list(_ call: APICall) throws -> HTTPServerResponse {
        var query = QueryReader(call.query, known: Page.parameters + (call.caller.isRoot ? ["project"] : []))
        let page = Page(of: .apiKeys, &query)
        let project = call.caller.isRoot ? query.project(in: store.access) : call.project
        try query.finish()
        let found = store.access.keys(in: project, before: page.position, limit: page.limit + 1)
        return page.answer(found, of: .apiKeys, position: \.row) { $0.value(ShownKey($1, in: store.access)) }
    }

    private func show(_ call: APICall) throws -> HTTPServerResponse {
        let key = try key(of: call)
        return .json { $0.value(ShownKey(key, in: store.access)) }
    }

    /// Judged by what the key is and by what it would be then.
    private func change(_ call: APICall) async throws -> HTTPServerResponse {
        let key = try key(of: call)
        let changed = try key.changed(by: call.request.json, at: clock.now)
        try changed.checkScopes()
        try call.checkMaySeeTo(key)
        try call.checkMayGrant(changed)
        return try await replace(key, by: changed)
    }

    private func revoke(_ call: APICall) async throws -> HTTPServerResponse {
        let key = try key(of: call)
        try call.checkMaySeeTo(key)
        guard try await store.revokeKey(key.id) else { throw Problem.notFound("key") }
        return .deleted("api_key") { $0.member("id", key.id.description) }
    }

    /// Whoever rolls a key has it from then on, and so must have as much already.
    private func roll(_ call: APICall) async throws -> HTTPServerResponse {
        let key = try key(of: call)
        let now = clock.now
        let grace = try GraceRequest.grace(in: call.request, atMostDays: KeyLimits.graceDays)
        try call.checkMaySeeTo(key)
        let text = KeyText(making: key.mode)
        var rolled = key
        rolled.previous = grace > .zero ? APIKey.Previous(digest: key.secret.digest, until: now + grace) : nil
        rolled.secret = APIKey.Secret(text)
        return try await replace(key, by: rolled, showing: text.text)
    }

    private func whoami(_ call: APICall) -> HTTPServerResponse {
        let project = call.project == .default ? nil : store.access[call.project]?.uid
        let limit = call.gate.limits.limit(of: call.caller)
        return .json { $0.whoami(call.caller, project: project, rateLimit: limit) }
    }

    // MARK: One key

    private func key(of call: APICall) throws(Problem) -> APIKey {
        let id = try call.identifier(APIKeyKind.self, of: "key")
        guard let key = store.access.key(id), call.caller.isRoot || key.project == call.project else {
            throw .notFound("key")
        }
        return key
    }

    private func replace(
        _ old: APIKey, by new: APIKey, showing text: String? = nil
    ) async throws -> HTTPServerResponse {
        guard try await store.replaceKey(old, by: new) else {
            guard store.access.key(old.id) != nil else { throw Problem.notFound("key") }
            throw Problem(.conflict, "The key is being changed by others. Try again.")
        }
        let fields: HTTPFields = text == nil ? [:] : [.cacheControl: "no-store"]
        return .json(fields: fields) { $0.value(ShownKey(new, in: store.access, text: text)) }
    }
}

extension APICall {
    fileprivate func checkMayGrant(_ key: APIKey) throws(Problem) {
        try caller.checkMayGrant(key, standard: gate.limits.standard)
    }

    /// Who may do less than a key can neither change nor roll nor revoke it. A key may do all that to itself.
    fileprivate func checkMaySeeTo(_ key: APIKey) throws(Problem) {
        if key.id != caller.key?.id { try checkMayGrant(key) }
    }
}

extension QueryReader {
    fileprivate mutating func project(in access: AccessDirectory) -> ProjectID? {
        value("project", otherwise: "There is no such project.") { text in
            ProjectUID(text).flatMap { access.project($0)?.id }
        }
    }
}

extension APIKey {
    /// The metrics are of the whole service.
    fileprivate func checkScopes() throws(Problem) {
        guard project != .default, grant.scopes.contains(.metrics) else { return }
        throw .validation([
            FieldError(
                pointer: "#/scopes", code: .invalidValue,
                detail: "Only keys of the default project have the scope \(Scope.metrics.rawValue).",
                received: Scope.metrics.rawValue)
        ])
    }
}

extension APIKey.Secret {
    fileprivate init(_ text: KeyText) {
        self.init(digest: SHA256.digest(of: Array(text.text.utf8)), prefix: text.shown)
    }
}
