// KeySupport.swift — keys and projects for tests, made as users make them.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

/// A key with a client that has it.
struct TestKey {
    let id: String
    let text: String
    let client: TestClient
}

extension APIFixture {
    /// Made with the root key. `members` are more of the body, each after a comma: `,"mode":"sandbox"`.
    func key(
        _ scopes: [Scope] = Scope.allCases, in project: String? = nil, _ members: String = ""
    ) async throws -> TestKey {
        let member = project.map { #","project":"\#($0)""# } ?? ""
        // Of a project beside the default one there are no metrics.
        let names = scopes.filter { project == nil || $0 != .metrics }.map { "\"\($0.rawValue)\"" }.joined(
            separator: ",")
        return try await key(client, #"{"name":"test","scopes":[\#(names)]\#(member)\#(members)}"#)
    }

    /// As `client` makes it of `body`.
    func key(_ client: TestClient, _ body: String) async throws -> TestKey {
        let answer = try await client.post("/v1/api-keys", body)
        try #require(answer.status == 201, "\(answer.text)")
        return key(answer)
    }

    func key(_ answer: Answer) -> TestKey {
        let text = answer["key"].string ?? ""
        return TestKey(
            id: answer["id"].string ?? "", text: text, client: TestClient(port: self.client.port, key: text))
    }

    /// The id of a new project.
    func project(_ name: String = "tenant") async throws -> String {
        try #require(try await client.post("/v1/projects", #"{"name":"\#(name)"}"#)["id"].string)
    }
}
