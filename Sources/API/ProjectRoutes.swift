// ProjectRoutes.swift — projects, for the root key alone: /v1/projects.

import HTTP
import HTTPTypes
import JSON
import Queue

struct ProjectRoutes: Sendable {
    let store: QueueStore
    let clock: any WallClock

    init(_ configuration: APIConfiguration) { (store, clock) = (configuration.store, configuration.clock) }

    var all: [APIRoute] {
        [
            APIRoute(.post, "/v1/projects", .root) { try await create($0) },
            APIRoute(.get, "/v1/projects", .root, query: Page.parameters) { try list($0) },
            APIRoute(.get, "/v1/projects/{id}", .rootOnly(of: "project")) { try show($0) },
            APIRoute(.patch, "/v1/projects/{id}", .rootOnly(of: "project")) { try await rename($0) },
            APIRoute(.delete, "/v1/projects/{id}", .rootOnly(of: "project")) { try await delete($0) },
        ]
    }

    private func create(_ call: APICall) async throws -> HTTPServerResponse {
        let name = try ProjectRequest.name(in: call.request.json)
        guard let project = try await store.createProject(name, at: clock.now) else { throw Self.nameIsTaken(name) }
        return .json(.created, fields: [.location: "/v1/projects/\(project.uid)"]) { $0.value(project) }
    }

    private func list(_ call: APICall) throws -> HTTPServerResponse {
        var query = call.queryReader
        let page = Page(of: .projects, &query)
        try query.finish()
        let found = store.access.projects(before: page.position, limit: page.limit + 1)
        return page.answer(found, of: .projects, position: \.id.rawValue) { $0.value($1) }
    }

    private func show(_ call: APICall) throws -> HTTPServerResponse {
        let project = try project(of: call)
        return .json { $0.value(project) }
    }

    private func rename(_ call: APICall) async throws -> HTTPServerResponse {
        var project = try project(of: call)
        let name = try ProjectRequest.name(in: call.request.json)
        guard try await store.renameProject(project, to: name) else {
            _ = try self.project(of: call)
            throw Self.nameIsTaken(name)
        }
        project.name = name
        return .json { $0.value(project) }
    }

    /// Its keys are revoked, and nothing is left that could act in its name.
    private func delete(_ call: APICall) async throws -> HTTPServerResponse {
        let project = try project(of: call)
        guard !project.isDefault else { throw Problem(.conflict, "The default project stays.") }
        switch try await store.deleteProject(project.id, at: clock.now) {
        case .noSuchProject: throw Problem.notFound("project")
        case .hasQueued:
            throw Problem(.conflict, "Messages of this project are still queued. Wait for them, or cancel them.")
        case .done: break
        }
        return .deleted("project") {
            $0.member("id", project.uid.description)
            $0.member("name", project.name)
        }
    }

    private func project(of call: APICall) throws(Problem) -> Project {
        let id = try call.identifier(ProjectKind.self, of: "project")
        guard let project = store.access.project(id) else { throw .notFound("project") }
        return project
    }

    private static func nameIsTaken(_ name: String) -> Problem {
        Problem(.conflict, "There is a project named \(name) already.")
    }
}

/// `{"name"}`
enum ProjectRequest {
    private enum Member: String, CaseIterable { case name }

    static func name(in body: JSONValue) throws(Problem) -> String {
        var reader = try BodyReader<Member>(body)
        let name = reader.name(.name)
        if reader[.name] == nil { reader.fail(.name, .required, "A project needs a name.") }
        try reader.finish()
        return name ?? ""
    }
}
