// DomainRoutesTests.swift — /v1/domains as users see it, with a scripted name server behind it.

import APITestSupport
import JSON
import Mail
import Queue
import Synchronization
import TestSupport
import Testing

@testable import API

/// What the name server says of TXT records.
private final class TXTZone: Sendable {
    private let texts = Mutex<[String: String]>([:])

    func server() throws -> ScriptedDNS {
        try ScriptedDNS { question in
            self.texts.withLock { $0[question.name] }.map { .records([.txt($0)]) } ?? .noSuchDomain
        }
    }

    /// As the `records` of an answer ask for.
    func publish(_ answer: Answer) {
        for record in (answer["records"].array ?? []).compactMap(\.object) {
            texts.withLock { $0[record["name"]?.string ?? ""] = record["value"]?.string ?? "" }
        }
    }

    func remove(_ name: String) { texts.withLock { $0[name] = nil } }
}

@Suite struct DomainRoutesTests {
    private func create(_ api: APIFixture, _ name: String = "acme.test") async throws -> Answer {
        try await api.client.post("/v1/domains", #"{"name":"\#(name)"}"#)
    }

    private func states(_ answer: Answer) -> [String] {
        (answer["dkim_keys"].array ?? []).map { $0.object?["state"]?.string ?? "" }
    }

    private func withZone(_ test: (APIFixture, TXTZone) async throws -> Void) async throws {
        let zone = TXTZone()
        try await withAPI(dns: try zone.server()) { try await test($0, zone) }
    }

    @Test func aNewDomainShowsWhatToPublish() async throws {
        try await withAPI { api in
            let answer = try await create(api)
            #expect(answer.status == 201)
            #expect(answer.field("Location") == "/v1/domains/acme.test")
            #expect(answer["status"] == .string("pending") && answer["checked_at"] == .null)
            #expect(answer["records", "0", "purpose"] == .string("dkim"))
            #expect(answer["records", "0", "status"] == .string("missing"))
            #expect(states(answer) == ["publishing", "publishing"])
            #expect(answer["dkim_keys", "0", "algorithm"] == .string("rsa-sha256"))
            #expect(try await api.client.get("/v1/domains/acme.test").json == answer.json)
            #expect(!answer.text.contains("v1."))
        }
    }

    @Test(arguments: [
        ("{}", ["#/name required"]), (#"{"name":7}"#, ["#/name invalid_type"]),
        (#"{"name":""}"#, ["#/name invalid_value"]),
        (#"{"name":"acme"}"#, ["#/name invalid_value"]), (#"{"name":"acme.test."}"#, ["#/name invalid_value"]),
        (#"{"name":"a b.test"}"#, ["#/name invalid_value"]), (#"{"name":"[192.0.2.1]"}"#, ["#/name invalid_value"]),
        (#"{"name":"acme.test\r\nx"}"#, ["#/name control_character"]),
        (#"{"domain":"acme.test"}"#, ["#/domain unknown_member", "#/name required"]),
    ])
    func refusesWhatIsNoDomain(body: String, errors: [String]) async throws {
        try await withAPI { api in
            let answer = try await api.client.post("/v1/domains", body)
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
        }
    }

    @Test func aDomainIsRegisteredOnceWhateverItsForm() async throws {
        try await withAPI { api in
            #expect(try await create(api, "Acme.TEST")["name"] == .string("acme.test"))
            let again = try await create(api, "acme.test")
            #expect(again.status == 409 && again["code"] == .string("conflict"))
        }
    }

    /// U-labels stay as they were given; either form names it in a path.
    @Test func aThaiDomainIsShownAsGivenAndFoundInBothForms() async throws {
        try await withAPI { api in
            let created = try await create(api, "ตัวอย่าง.ไทย")
            let ascii = try Domain(parsing: "ตัวอย่าง.ไทย").ascii
            #expect(created["name"] == .string("ตัวอย่าง.ไทย") && created["ascii_name"] == .string(ascii))
            #expect(created.field("Location") == "/v1/domains/\(ascii)")
            let escaped = "ตัวอย่าง.ไทย".utf8.map { "%" + String($0, radix: 16) }.joined()
            for name in [ascii, ascii.uppercased(), escaped] {
                #expect(try await api.client.get("/v1/domains/\(name)")["id"] == created["id"], "\(name)")
            }
        }
    }

    @Test(arguments: [
        ("ｅｘ。test", "ex.test", "ex.test"), ("BÜCHER.test", "bücher.test", "xn--bcher-kva.test"),
        ("xn--bcher-kva.test", "xn--bcher-kva.test", "xn--bcher-kva.test"),
    ])
    func aNameIsShownAsItIsRegistered(given: String, shown: String, ascii: String) async throws {
        try await withAPI { api in
            let created = try await create(api, given)
            #expect(created["name"] == .string(shown) && created["ascii_name"] == .string(ascii))
        }
    }

    /// 225 bytes, and no more: the names of its key records have 253.
    @Test(arguments: [(225, 201), (226, 422)])
    func aNameLeavesRoomForTheNamesOfKeys(length: Int, status: Int) async throws {
        try await withAPI { api in
            let labels = Array(repeating: String(repeating: "a", count: 50), count: 4).joined(separator: ".")
            let name = labels + "." + String(repeating: "b", count: length - labels.utf8.count - 6) + ".test"
            let answer = try await create(api, name)
            #expect(answer.status == status && name.utf8.count == length)
            if status == 422 { #expect(answer.errors == ["#/name invalid_value"]) }
        }
    }

    /// Nothing is asked of the caller.
    @Test func aBodyOfVerifyIsIgnored() async throws {
        try await withAPI { api in
            _ = try await create(api)
            #expect(try await api.client.post("/v1/domains/acme.test/verify", #"{"x":1}"#).status == 200)
        }
    }

    @Test(arguments: ["nothing.test", "localhost", "a..b", "%00"])
    func whatIsNotRegisteredIsNotFound(name: String) async throws {
        try await withAPI { api in
            let requests = [("GET", ""), ("DELETE", ""), ("POST", "/verify"), ("POST", "/dkim-keys")]
            for (method, rest) in requests {
                let answer = try await api.client.send(method, "/v1/domains/\(name)\(rest)")
                #expect(answer.status == 404, "\(method) \(rest)")
            }
        }
    }

    @Test func domainsAreListedNewestFirstInPages() async throws {
        try await withAPI { api in
            for name in ["a.test", "b.test", "c.test"] {
                _ = try await api.store.createDomain(
                    SendingDomain(
                        name: Domain(trusted: name), original: name, createdAt: api.clock.now, keys: []))
            }
            let first = try await api.client.get("/v1/domains?limit=2")
            #expect(first["has_more"] == .bool(true))
            let second = try await api.client.get("/v1/domains?limit=2&cursor=\(first["next_cursor"].string ?? "")")
            #expect(second["has_more"] == .bool(false) && second["next_cursor"] == .null)
            let names = [first, second].flatMap { $0["data"].array ?? [] }.map { $0.object?["name"]?.string }
            #expect(names == ["c.test", "b.test", "a.test"])
        }
    }

    @Test func bouncesGoToVerifiedDomainsOnlyWhereThatIsAsked() async throws {
        try await withAPI(configure: { $0.terms.requiresVerifiedDomain = true }) { api in
            for (name, status) in [("acme.test", SendingDomainStatus.verified), ("pending.test", .pending)] {
                var domain = SendingDomain(
                    name: Domain(trusted: name), original: name, createdAt: api.clock.now, status: status, keys: [])
                domain.checkedAt = api.clock.now
                _ = try await api.store.createDomain(domain)
            }
            for (domain, status) in [
                ("acme.test", 202), ("b.acme.test", 202), ("pending.test", 403), ("other.test", 403),
            ] {
                let body = #"{"from":"a@acme.test","to":"b@x.test","text":"x","return_path":"b@\#(domain)"}"#
                #expect(try await api.client.post("/v1/messages", body).status == status, "\(domain)")
            }
        }
    }

    @Test func verifyTellsWhatWasFound() async throws {
        try await withZone { api, zone in
            zone.publish(try await create(api))
            zone.remove("_dmarc.acme.test")
            let answer = try await api.client.send("POST", "/v1/domains/acme.test/verify")
            #expect(answer.status == 200 && answer["status"] == .string("verified"))
            #expect(states(answer) == ["active", "active"])
            #expect(answer["records", "2", "found", "0"] == .string("v=spf1 a:mx.postrider.test ~all"))
            #expect(answer["records", "3", "status"] == .string("missing"))
        }
    }

    @Test func aDomainThatFailsIsInTheEventLog() async throws {
        try await withZone { api, zone in
            let created = try await create(api)
            zone.publish(created)
            _ = try await api.client.send("POST", "/v1/domains/acme.test/verify")
            zone.remove(created["records", "0", "name"].string ?? "")
            let failing = try await api.client.send("POST", "/v1/domains/acme.test/verify")
            #expect(failing["status"] == .string("failing"))
            let events = try await api.client.get("/v1/events?types=domain.failing")
            #expect(events["data", "0", "type"] == .string("domain.failing"))
            #expect(events["data", "0", "data", "domain"] == failing.json)
            #expect(try await api.client.get("/v1/events?types=message.failed")["data"] == .array([]))
        }
    }

    @Test func keysAreRotated() async throws {
        try await withZone { api, zone in
            zone.publish(try await create(api))
            _ = try await api.client.send("POST", "/v1/domains/acme.test/verify")
            let added = try await api.client.post(
                "/v1/domains/acme.test/dkim-keys", #"{"algorithm":"ed25519-sha256"}"#)
            #expect(added.status == 201 && states(added) == ["active", "active", "publishing"])
            let path = "/v1/domains/acme.test/dkim-keys/\(added["dkim_keys", "2", "selector"].string ?? "")"

            let early = try await api.client.send("POST", "\(path)/activate")
            #expect(early.status == 409 && early["detail"].string?.contains("there is none") == true)
            zone.publish(added)
            let rotated = try await api.client.send("POST", "\(path)/activate")
            #expect(rotated.status == 200)
            #expect(Set(states(rotated)) == ["active", "retired"])
            #expect(try await api.client.delete(path).status == 409)
            let old = (rotated["dkim_keys"].array ?? []).first { $0.object?["state"] == .string("retired") }
            let gone = try await api.client.send(
                "DELETE", "/v1/domains/acme.test/dkim-keys/\(old?.object?["selector"]?.string ?? "")")
            #expect(gone.status == 200 && states(gone) == ["active", "active"])
        }
    }

    @Test func withoutABodyAKeyOfEachAlgorithmIsMade() async throws {
        try await withAPI { api in
            _ = try await create(api)
            #expect(states(try await api.client.send("POST", "/v1/domains/acme.test/dkim-keys")).count == 4)
        }
    }

    @Test(arguments: [
        (#"{"algorithm":"rsa-sha1"}"#, ["#/algorithm invalid_value"]),
        (#"{"algorithm":1}"#, ["#/algorithm invalid_type"]),
        (#"{"algorithms":[]}"#, ["#/algorithms unknown_member"]),
    ])
    func refusesAnotherAlgorithm(body: String, errors: [String]) async throws {
        try await withAPI { api in
            _ = try await create(api)
            let answer = try await api.client.post("/v1/domains/acme.test/dkim-keys", body)
            #expect(answer.status == 422)
            #expect(answer.errors == errors)
        }
    }

    @Test func aKeyThatIsNotThereIsNotFound() async throws {
        try await withAPI { api in
            _ = try await create(api)
            #expect(try await api.client.delete("/v1/domains/acme.test/dkim-keys/x").status == 404)
            #expect(try await api.client.send("POST", "/v1/domains/acme.test/dkim-keys/x/activate").status == 404)
        }
    }

    @Test func aDeletedDomainIsGone() async throws {
        try await withAPI { api in
            let id = try await create(api)["id"]
            let deleted = try await api.client.delete("/v1/domains/ACME.test")
            #expect(deleted["deleted"] == .bool(true) && deleted["id"] == id)
            #expect(try await api.client.get("/v1/domains/acme.test").status == 404)
            #expect(try await api.client.get("/v1/domains")["data"] == .array([]))
        }
    }

    @Test func aStrangerSeesNoDomain() async throws {
        try await withAPI { api in
            let answer = try await api.stranger.get("/v1/domains")
            #expect(answer.status == 401)
        }
    }
}
