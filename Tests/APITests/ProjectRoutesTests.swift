// ProjectRoutesTests.swift — /v1/projects as the root key sees them.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

@Suite struct ProjectRoutesTests {
    @Test func projectsAreMadeListedAndRenamed() async throws {
        try await withAPI { api in
            let made = try await api.client.post("/v1/projects", #"{"name":"tenant-1"}"#)
            #expect(made.status == 201)
            let path = try #require(made.field("Location"))
            #expect(path == "/v1/projects/\(made["id"].string ?? "")")
            #expect(try await api.client.get(path).json == made.json)
            #expect(try await api.client.patch(path, #"{"name":"tenant-2"}"#)["name"] == .string("tenant-2"))
            let list = try await api.client.get("/v1/projects")
            #expect(list["data"].array?.compactMap { $0.object?["name"]?.string } == ["tenant-2", "default"])
        }
    }

    @Test func noTwoHaveOneName() async throws {
        try await withAPI { api in
            let id = try await api.project("a")
            #expect(try await api.client.post("/v1/projects", #"{"name":"a"}"#).status == 409)
            #expect(try await api.client.patch("/v1/projects/\(id)", #"{"name":"default"}"#).status == 409)
            #expect(try await api.client.patch("/v1/projects/\(id)", #"{"name":"a"}"#).status == 200, "its own")
            _ = try await api.client.delete("/v1/projects/\(id)")
            #expect(try await api.client.post("/v1/projects", #"{"name":"a"}"#).status == 201, "it is free again")
        }
    }

    @Test(arguments: ["{}", #"{"name":""}"#, #"{"name":7}"#, #"{"name":"a\nb"}"#, #"{"name":"a","id":"b"}"#])
    func refusesWhatIsNoName(body: String) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/projects", body)
            #expect(answer.status == 422)
        }
    }

    @Test func aDeletedProjectTakesItsKeysWebhooksAndDomainsAlong() async throws {
        try await withAPI(configure: { $0.endpointURLFault = { _ in nil } }) { api in
            let project = try await api.project()
            let key = try await api.key(in: project)
            #expect(try await key.client.post("/v1/webhooks", #"{"url":"https://a.test/"}"#).status == 201)
            #expect(try await key.client.post("/v1/domains", #"{"name":"acme.test"}"#).status == 201)
            let gone = try await api.client.delete("/v1/projects/\(project)")
            #expect(gone.status == 200 && gone["deleted"] == .bool(true))
            #expect(try await key.client.get("/v1/whoami").status == 401)
            #expect(try await api.store.endpoints(in: nil).isEmpty)
            #expect(api.store.sendingDomains.all.isEmpty)
            #expect(try await api.client.get("/v1/projects/\(project)").status == 404)
            #expect(try await api.client.post("/v1/api-keys", #"{"name":"x","project":"\#(project)"}"#).status == 422)
        }
    }

    @Test func aProjectWithQueuedMailAndTheDefaultOneStay() async throws {
        try await withAPI { api in
            let project = try await api.project()
            let key = try await api.key(in: project)
            _ = try await key.client.post("/v1/messages", APIFixture.message)
            let refused = try await api.client.delete("/v1/projects/\(project)")
            #expect(refused.status == 409 && refused["code"] == .string("conflict"))
            #expect(try await key.client.get("/v1/whoami").status == 200)
            let first = try await api.client.get("/v1/projects")["data", "1", "id"].string ?? ""
            #expect(try await api.client.delete("/v1/projects/\(first)").status == 409)
        }
    }

    @Test func onlyTheRootKeySeesToProjects() async throws {
        try await withAPI { api in
            let key = try await api.key()
            for operation in ["GET /v1/projects", "POST /v1/projects"] {
                let words = operation.split(separator: " ").map(String.init)
                let answer = try await key.client.send(words[0], words[1])
                #expect(answer.status == 403 && answer["detail"] == .string("Only the root key may do this."))
            }
        }
    }
}
