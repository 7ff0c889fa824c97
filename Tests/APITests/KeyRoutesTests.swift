// KeyRoutesTests.swift — /v1/api-keys and /v1/whoami as users see them.

import APITestSupport
import Foundation
import JSON
import Queue
import Testing

@testable import API

@Suite struct KeyRoutesTests {
    @Test func aKeyIsShownOnceAndWorks() async throws {
        try await withAPI { api in
            let answer = try await api.client.post(
                "/v1/api-keys", #"{"name":"shop","scopes":["messages:send","messages:read"],"rate_limit":50}"#)
            #expect(answer.status == 201)
            let id = try #require(answer["id"].string), text = try #require(answer["key"].string)
            #expect(answer.field("Location") == "/v1/api-keys/\(id)")
            #expect(text.hasPrefix(answer["prefix"].string ?? "-"))
            #expect(answer["mode"] == .string("live") && answer["last_used_at"] == .null)
            #expect(answer.json.object?["project"] == nil, "who needs no projects never sees the word")
            let shown = try await api.client.get("/v1/api-keys/\(id)")
            #expect(shown.json.object?["key"] == nil && !shown.text.contains(text))
            let list = try await api.client.get("/v1/api-keys")
            #expect(list["data", "0", "id"] == .string(id) && !list.text.contains(text))
            #expect(try await api.key(answer).client.post("/v1/messages", APIFixture.message).status == 202)
        }
    }

    @Test func whoamiTellsAKeyWhatItIs() async throws {
        try await withAPI(configure: { $0.rateLimit = 1_000 }) { api in
            let key = try await api.key(
                [.messagesSend], in: api.project(),
                #","from_domains":["Acme.TEST","ตัวอย่าง.ไทย"],"allowed_ips":["127.0.0.0/8","::1"],"mode":"sandbox""#)
            let answer = try await key.client.get("/v1/whoami")
            #expect(answer.status == 200)
            #expect(answer["id"] == .string(key.id) && answer["name"] == .string("test"))
            #expect(answer["scopes"] == .array([.string("messages:send")]))
            #expect(answer["from_domains", "0"] == .string("acme.test"))
            #expect(answer["allowed_ips"] == .array([.string("127.0.0.0/8"), .string("::1/128")]))
            #expect(answer["mode"] == .string("sandbox") && key.text.hasPrefix("pr_sandbox_"))
            #expect(answer["project"].string?.hasPrefix("prj_") == true)
            #expect(answer["rate_limit"].number?.int64 == 1_000)
            let root = try await api.client.get("/v1/whoami")
            #expect(root["id"] == .null && root["scopes"].array?.count == Scope.allCases.count)
            #expect(root.json.object?["project"] == nil)
        }
    }

    @Test(arguments: [
        ("{}", ["#/name required"]), (#"{"name":""}"#, ["#/name invalid_value"]),
        (#"{"name":"a","scopes":[]}"#, ["#/scopes invalid_value"]),
        (#"{"name":"a","scopes":["mail"]}"#, ["#/scopes/0 invalid_value"]),
        (
            #"{"name":"a","from_domains":["a b","acme.test",7]}"#,
            ["#/from_domains/0 invalid_value", "#/from_domains/2 invalid_type"]
        ),
        (#"{"name":"a","allowed_ips":["10.0.0.1/8"]}"#, ["#/allowed_ips/0 invalid_value"]),
        (#"{"name":"a","allowed_ips":"10.0.0.0/8"}"#, ["#/allowed_ips invalid_type"]),
        (#"{"name":"a","expires_at":"tomorrow"}"#, ["#/expires_at invalid_value"]),
        (#"{"name":"a","expires_at":"2001-01-01T00:00:00Z"}"#, ["#/expires_at out_of_range"]),
        (#"{"name":"a","rate_limit":0}"#, ["#/rate_limit out_of_range"]),
        (#"{"name":"a","rate_limit":1.5}"#, ["#/rate_limit out_of_range"]),
        (#"{"name":"a","mode":"test"}"#, ["#/mode invalid_value"]),
        (#"{"name":"a","project":"prj_1"}"#, ["#/project invalid_value"]),
        (#"{"name":"a","scope":["keys"]}"#, ["#/scope unknown_member"]),
    ])
    func refusesWhatIsNoKey(body: String, errors: [String]) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/api-keys", body)
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
            #expect(try await api.client.get("/v1/api-keys")["data"].array?.isEmpty == true)
        }
    }

    @Test func aChangeHoldsFromTheNextRequestOn() async throws {
        try await withAPI { api in
            let key = try await api.key([.messagesRead], #","from_domains":["acme.test"]"#)
            #expect(try await key.client.get("/v1/events").status == 403)
            let path = "/v1/api-keys/\(key.id)"
            let changed = try await api.client.patch(
                path, #"{"scopes":["events:read"],"name":"log","from_domains":null}"#)
            #expect(changed.status == 200)
            #expect(changed["name"] == .string("log") && changed["from_domains"].array?.isEmpty == true)
            #expect(try await key.client.get("/v1/events").status == 200)
            #expect(try await key.client.get("/v1/messages").status == 403)
            #expect(try await api.client.get(path)["scopes"] == changed["scopes"])
        }
    }

    @Test(arguments: [
        (#"{"mode":"live","scop":[]}"#, ["#/mode unknown_member", "#/scop unknown_member"]),
        (#"{"scopes":null}"#, ["#/scopes invalid_value"]), (#"{"rate_limit":"9"}"#, ["#/rate_limit invalid_type"]),
        (#"{"nam":"x","rate_limit":0}"#, ["#/nam unknown_member", "#/rate_limit out_of_range"]),
    ])
    func refusesAChangeThatIsNone(body: String, errors: [String]) async throws {
        try await withAPI { api in
            let key = try await api.key()
            let answer = try await api.client.patch("/v1/api-keys/\(key.id)", body)
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
        }
    }

    @Test func aRevokedKeyIsWorthNothingAtOnce() async throws {
        try await withAPI { api in
            let key = try await api.key()
            #expect(try await api.client.delete("/v1/api-keys/\(key.id)")["deleted"] == .bool(true))
            let answer = try await key.client.get("/v1/whoami")
            #expect(answer.status == 401)
            #expect(answer["detail"] == .string("This key is not known any more, or was made elsewhere."))
            #expect(try await api.client.get("/v1/api-keys/\(key.id)").status == 404)
            #expect(try await api.client.delete("/v1/api-keys/\(key.id)").status == 404)
        }
    }

    @Test func aMistypedKeyIsToldFromOneThatIsGone() async throws {
        try await withAPI { api in
            let text = try await api.key().text
            let answer = try await TestClient(port: api.client.port, key: String(text.dropLast())).get("/v1/whoami")
            #expect(answer.status == 401)
            #expect(answer["detail"] == .string("This key is mistyped or cut: its checksum is wrong."))
        }
    }

    @Test func aRolledKeyHoldsForItsGrace() async throws {
        try await withAPI { api in
            let old = try await api.key()
            let answer = try await api.client.post("/v1/api-keys/\(old.id)/roll", #"{"grace_seconds":60}"#)
            #expect(answer.status == 200 && answer["id"] == .string(old.id))
            let until = (api.clock.now + .seconds(60)).rfc3339
            #expect(answer["previous_valid_until"] == .string(until))
            let new = api.key(answer)
            #expect(new.text != old.text)
            for key in [old, new] { #expect(try await key.client.get("/v1/whoami")["id"] == .string(old.id)) }
            api.clock.advance(by: .seconds(60))
            #expect(try await new.client.get("/v1/whoami").status == 200)
            let late = try await old.client.get("/v1/whoami")
            #expect(late.status == 401)
            #expect(late["detail"] == .string("This key was rolled, and its grace ended at \(until)."))
        }
    }

    @Test func withoutAGraceTheOldOneEndsAtOnceAndADayIsTheStandard() async throws {
        try await withAPI { api in
            let first = try await api.key()
            let path = "/v1/api-keys/\(first.id)/roll"
            let second = api.key(try await api.client.send("POST", path))
            api.clock.advance(by: .seconds(86_399))
            #expect(try await first.client.get("/v1/whoami").status == 200)
            let third = api.key(try await api.client.post(path, #"{"grace_seconds":0}"#))
            #expect(try await first.client.get("/v1/whoami").status == 401)
            #expect(try await second.client.get("/v1/whoami").status == 401)
            #expect(try await third.client.get("/v1/whoami").status == 200)
            let wrong = try await api.client.post(path, #"{"grace_seconds":-1}"#)
            #expect(wrong.errors == ["#/grace_seconds out_of_range"])
        }
    }

    @Test func aKeyExpires() async throws {
        try await withAPI { api in
            let end = (api.clock.now + .seconds(10)).rfc3339
            let key = try await api.key(Scope.allCases, #","expires_at":"\#(end)""#)
            #expect(try await key.client.get("/v1/whoami")["expires_at"] == .string(end))
            api.clock.advance(by: .seconds(10))
            let late = try await key.client.get("/v1/whoami")
            #expect(late.status == 401 && late["detail"] == .string("This key expired at \(end)."))
        }
    }

    @Test func aKeyMayBeUsedFromItsNetworksOnly() async throws {
        try await withAPI { api in
            let inside = try await api.key(Scope.allCases, #","allowed_ips":["127.0.0.0/8"]"#)
            #expect(try await inside.client.get("/v1/whoami").status == 200)
            let outside = try await api.key(Scope.allCases, #","allowed_ips":["192.0.2.0/24","2001:db8::/32"]"#)
            let answer = try await outside.client.get("/v1/whoami")
            #expect(answer.status == 403 && answer["code"] == .string("forbidden"))
            #expect(answer["detail"].string?.contains("127.0.0.1") == true)
        }
    }

    @Test func aKeySendsFromItsDomainsOnly() async throws {
        try await withAPI { api in
            let key = try await api.key([.messagesSend], #","from_domains":["acme.test"]"#)
            #expect(try await key.client.post("/v1/messages", APIFixture.message).status == 202)
            for from in ["hello@other.test", "hello@mail.acme.test"] {
                let body = #"{"from":"\#(from)","to":"bob@example.test","subject":"Hi","text":"Hi"}"#
                let answer = try await key.client.post("/v1/messages", body)
                #expect(answer.status == 403)
                #expect(answer["detail"].string?.contains(from.split(separator: "@")[1]) == true)
            }
        }
    }

    @Test func itsDomainsBindTheReturnPathToo() async throws {
        try await withAPI { api in
            let key = try await api.key([.messagesSend], #","from_domains":["acme.test"]"#)
            for (domain, status) in [
                ("acme.test", 202), ("bounces.acme.test", 202), ("other.test", 403), ("notacme.test", 403),
            ] {
                let body =
                    #"{"from":"a@acme.test","to":"b@x.test","text":"x","return_path":"b@\#(domain)"}"#
                #expect(try await key.client.post("/v1/messages", body).status == status, "\(domain)")
            }
        }
    }

    @Test func whatShowsASecretIsNotToBeStored() async throws {
        try await withAPI { api in
            let made = try await api.client.post("/v1/api-keys", #"{"name":"x"}"#)
            let path = "/v1/api-keys/\(made["id"].string ?? "")"
            let rolled = try await api.client.send("POST", path + "/roll")
            let webhook = try await api.client.post("/v1/webhooks", #"{"url":"https://a.test/"}"#)
            let rotation = "/v1/webhooks/\(webhook["id"].string ?? "")/rotate-secret"
            for answer in [made, rolled, webhook, try await api.client.post(rotation, "{}")] {
                #expect(answer.status < 300 && answer.field("Cache-Control") == "no-store", "\(answer.text)")
            }
            #expect(try await api.client.get(path).field("Cache-Control") == nil)
        }
    }

    @Test func itsLastUseIsShownAndKept() async throws {
        try await withAPI { api in
            let key = try await api.key()
            let path = "/v1/api-keys/\(key.id)"
            #expect(try await api.client.get(path)["last_used_at"] == .null)
            let first = api.clock.now
            _ = try await key.client.get("/v1/whoami")
            api.clock.advance(by: .seconds(59))
            _ = try await key.client.get("/v1/whoami")
            #expect(try await api.client.get(path)["last_used_at"] == .string(first.rfc3339))
            api.clock.advance(by: .seconds(1))
            _ = try await key.client.get("/v1/whoami")
            #expect(try await api.client.get(path)["last_used_at"] == .string(api.clock.now.rfc3339))
        }
    }

    /// It is tried out there; what is none of ours is as good as none.
    @Test func inDevModeAKeyOfOursCounts() async throws {
        try await withAPI(configure: { $0.isDevMode = true }) { api in
            let key = try await api.key([.messagesRead])
            #expect(try await key.client.get("/v1/events").status == 403)
            _ = try await api.client.delete("/v1/api-keys/\(key.id)")
            #expect(try await key.client.get("/v1/events").status == 401)
            let madeUp = TestClient(port: api.client.port, key: "re_123")
            #expect(try await madeUp.get("/v1/whoami")["id"] == .null)
        }
    }
}

@Suite struct KeySecrecyTests {
    /// Neither the file nor any answer but the first has it.
    @Test func theStoreHasDigestsOnly() async throws {
        try await withAPI { api in
            let first = try await api.key()
            let second = api.key(try await api.client.send("POST", "/v1/api-keys/\(first.id)/roll"))
            for name in ["postrider.sqlite", "postrider.sqlite-wal"] {
                let file = try Data(contentsOf: URL(filePath: api.directory + "/" + name))
                for key in [first, second] {
                    #expect(file.range(of: Data(key.text.dropFirst("pr_live_".count + 4).utf8)) == nil)
                }
            }
        }
    }

    @Test func theDutyWritesWhenKeysWereUsed() async throws {
        try await withAPI { api in
            let key = try await api.key()
            let duty = Duty.keyUses(store: api.store, clock: api.clock, log: api.configuration.logger)
            await duty.start()
            _ = try await key.client.get("/v1/whoami")
            #expect(api.clock.nextAlarm == api.clock.now + AccessDirectory.useGranularity)
            await duty.start()
            duty.stop()
            await api.store.close()
            let next = try QueueStore.open(directory: api.directory, clock: api.clock)
            #expect(next.access.lastUse(of: try #require(APIKeyID(key.id))) == api.clock.now)
            await next.close()
        }
    }
}
