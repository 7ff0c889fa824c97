// KeyGrantTests.swift — nobody gives more than they have: a key that sees to keys, and what it tries.

import APITestSupport
import JSON
import Queue
import Testing

@testable import API

@Suite struct KeyGrantTests {
    /// What a maker's key has besides its scopes, and what it then may not, and may, give.
    static let bounds: [(has: String, tooMuch: [String], fits: String)] = [
        (
            #","from_domains":["a.test","b.test"]"#,
            [#","from_domains":["c.test"]"#, #","from_domains":["a.test","c.test"]"#, #","from_domains":[]"#],
            #","from_domains":["b.test"]"#
        ),
        (
            #","allowed_ips":["127.0.0.0/8"]"#,
            [#","allowed_ips":["0.0.0.0/0"]"#, #","allowed_ips":["127.0.0.1","10.0.0.1"]"#, #","allowed_ips":[]"#],
            #","allowed_ips":["127.0.0.1"]"#
        ),
        (
            #","expires_at":"2099-01-01T00:00:00Z""#, [#","expires_at":"2099-01-01T00:00:01Z""#],
            #","expires_at":"2098-01-01T00:00:00Z""#
        ),
        (#","rate_limit":100"#, [#","rate_limit":101"#], #","rate_limit":99"#),
        (#","mode":"sandbox""#, [#","mode":"live""#], #","mode":"sandbox""#),
        ("", [#","scopes":["webhooks"]"#, #","scopes":["keys","webhooks"]"#], #","scopes":["keys"]"#),
    ]

    @Test(arguments: bounds.indices) func aKeyGivesWhatItHasAndNoMore(index: Int) async throws {
        let (has, tooMuch, fits) = Self.bounds[index]
        try await withAPI { api in
            let maker = try await api.key([.keys, .messagesSend], has)
            for members in tooMuch {
                let answer = try await maker.client.post("/v1/api-keys", #"{"name":"more"\#(members)}"#)
                #expect(answer.status == 403 && answer["code"] == .string("forbidden"), "\(members)")
            }
            #expect(try await maker.client.post("/v1/api-keys", #"{"name":"less"\#(fits)}"#).status == 201)
            let asMuch = try await api.key(maker.client, #"{"name":"as much"}"#)
            let (mine, its) = (try await maker.client.get("/v1/whoami"), try await asMuch.client.get("/v1/whoami"))
            for member in ["scopes", "mode", "from_domains", "allowed_ips", "expires_at", "rate_limit"] {
                #expect(mine[member] == its[member])
            }
        }
    }

    /// Whoever rolled a stronger key would have it.
    @Test func aStrongerKeyCannotBeChangedNorRolled() async throws {
        try await withAPI { api in
            let weak = try await api.key([.keys]), strong = try await api.key()
            let path = "/v1/api-keys/\(strong.id)"
            #expect(try await weak.client.send("POST", path + "/roll").status == 403)
            #expect(try await weak.client.patch(path, #"{"name":"mine"}"#).status == 403)
            #expect(try await weak.client.patch(path, #"{"scopes":["keys"]}"#).status == 403, "it would be less then")
            #expect(try await weak.client.delete(path).status == 403)
            #expect(try await strong.client.get("/v1/whoami")["scopes"].array?.count == Scope.allCases.count)
            let own = "/v1/api-keys/\(weak.id)"
            #expect(try await weak.client.patch(own, #"{"scopes":["keys","metrics"]}"#).status == 403)
            let rolled = api.key(try await weak.client.send("POST", own + "/roll"))
            #expect(try await strong.client.patch(own, #"{"name":"weaker"}"#).status == 200)
            #expect(try await rolled.client.delete(own).status == 200)
        }
    }

    /// What a key that says nothing of its own may do counts like what is said.
    @Test func onlyTheRootKeyRaisesAboveTheStandardLimit() async throws {
        try await withAPI(configure: { $0.rateLimit = 100 }) { api in
            let standard = try await api.key([.keys]), slow = try await api.key([.keys], #","rate_limit":50"#)
            let fast = try await api.key([.keys], #","rate_limit":200"#)
            for (maker, limit, status) in [
                (standard, "101", 403), (standard, "100", 201), (slow, "null", 201), (slow, "50", 201),
                (fast, "201", 403), (fast, "null", 201),
            ] {
                let answer = try await maker.client.post("/v1/api-keys", #"{"name":"x","rate_limit":\#(limit)}"#)
                #expect(answer.status == status, "\(limit)")
            }
            let raised = try await standard.client.patch("/v1/api-keys/\(standard.id)", #"{"rate_limit":101}"#)
            #expect(raised.status == 403)
        }
    }

    /// They are of the whole service.
    @Test func metricsAreForKeysOfTheDefaultProject() async throws {
        try await withAPI { api in
            let tenant = try await api.project()
            let metrics = #"{"name":"x","scopes":["metrics"],"project":"\#(tenant)"}"#
            let refused = try await api.client.post("/v1/api-keys", metrics)
            #expect(refused.status == 422 && refused.errors == ["#/scopes invalid_value"])
            let key = try await api.key(api.client, #"{"name":"x","project":"\#(tenant)"}"#)
            #expect(try await key.client.get("/v1/whoami")["scopes"].array?.count == Scope.allCases.count - 1)
            let changed = try await api.client.patch("/v1/api-keys/\(key.id)", #"{"scopes":["metrics"]}"#)
            #expect(changed.errors == ["#/scopes invalid_value"])
            // As one made before that was so.
            let id = try #require(APIKeyID(key.id))
            var old = try #require(api.store.access.key(id))
            let now = old
            old.grant.scopes.insert(.metrics)
            #expect(try await api.store.replaceKey(now, by: old))
            #expect(try await key.client.get("/metrics").status == 403)
            #expect(try await api.key([.metrics]).client.get("/metrics").status == 200)
        }
    }

    @Test func aKeyDoesNotTakeItsOwnBoundsAway() async throws {
        try await withAPI { api in
            let key = try await api.key([.keys], #","rate_limit":50,"from_domains":["a.test"]"#)
            let path = "/v1/api-keys/\(key.id)"
            for change in [#"{"rate_limit":null}"#, #"{"from_domains":[]}"#] {
                #expect(try await key.client.patch(path, change).status == 403)
            }
            #expect(try await key.client.patch(path, #"{"rate_limit":40}"#)["rate_limit"] == .number(JSONNumber(40)))
        }
    }

    @Test func aKeyIsOfItsMakersProject() async throws {
        try await withAPI { api in
            let tenant = try await api.project("a"), other = try await api.project("b")
            let maker = try await api.key([.keys], in: tenant)
            let made = try await maker.client.post("/v1/api-keys", #"{"name":"x","project":"\#(tenant)"}"#)
            #expect(made["project"] == .string(tenant))
            #expect(try await maker.client.post("/v1/api-keys", #"{"name":"x"}"#)["project"] == .string(tenant))
            // One that is there, and one that is not: nothing tells them apart.
            let unknown = "prj_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            let answers = [
                try await maker.client.post("/v1/api-keys", #"{"name":"x","project":"\#(other)"}"#),
                try await maker.client.post("/v1/api-keys", #"{"name":"x","project":"\#(unknown)"}"#),
            ]
            #expect(answers.map(\.status) == [403, 403] && answers[0]["detail"] == answers[1]["detail"])
        }
    }

    @Test func theRootKeySeesTheKeysOfAllProjects() async throws {
        try await withAPI { api in
            let tenant = try await api.project()
            let (here, there) = (try await api.key(), try await api.key(in: tenant))
            let all = try await api.client.get("/v1/api-keys")
            #expect(all["data"].array?.compactMap { $0.object?["id"]?.string } == [there.id, here.id])
            let filtered = try await api.client.get("/v1/api-keys?project=\(tenant)&limit=1")
            #expect(filtered["data"].array?.count == 1 && filtered["data", "0", "id"] == .string(there.id))
            for name in [tenant, "prj_01ARZ3NDEKTSV4RRFFQ69G5FAV", "x"] {
                let answer = try await here.client.get("/v1/api-keys?project=\(name)")
                #expect(answer.errors == ["?project unknown_parameter"], "\(name)")
            }
            #expect(try await api.client.delete("/v1/api-keys/\(there.id)").status == 200)
        }
    }
}
