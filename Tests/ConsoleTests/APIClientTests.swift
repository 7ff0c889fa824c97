// APIClientTests.swift — how commands ask: as whom, how often, and what they say of a refusal.

import TestSupport
import Testing

@testable import Console

@Suite(.timeLimit(.minutes(5)))
struct APIClientTests {
    private static let me = #"{"object":"key","id":"key_1"}"#

    @Test func theKeyIsTheBearer() async throws {
        let service = try ScriptedService(.json(Self.me))
        let run = await CommandRun.of("key", "whoami", at: service, key: "pr_live_abc")
        #expect(run.status == 0 && run.output == "id  key_1\n")
        #expect(service.requests[0].line == "GET /v1/whoami HTTP/1.1")
        #expect(service.requests[0].field("authorization") == "Bearer pr_live_abc")
        #expect(service.requests[0].field("content-type") == nil)
    }

    @Test func aRefusalShowsEveryField() async throws {
        let problem = """
            {"title":"Some fields are wrong","status":422,"code":"validation_failed","detail":"2 fields are wrong.",
             "request_id":"req_1","errors":[
              {"pointer":"#/to/1","code":"invalid_address","detail":"There is no @.","received":"bob\\u001b[31m"},
              {"pointer":"#/subject","code":"required","detail":"It is missing."}]}
            """
        let service = try ScriptedService(.json(problem, status: 422))
        let run = await CommandRun.of("key", "whoami", at: service)
        #expect(run.status == 1)
        #expect(
            run.message == """
                Some fields are wrong: 2 fields are wrong.
                  #/to/1: There is no @.; received "bob\u{FFFD}[31m"
                  #/subject: It is missing.
                """)
    }

    @Test func theDetailOfOneFieldIsSaidOnce() async throws {
        let problem = """
            {"title":"Some fields are wrong","status":422,"code":"validation_failed","detail":"?limit: Must be 1 to 200.",
             "errors":[{"pointer":"?limit","code":"out_of_range","detail":"Must be 1 to 200.","received":"0"}]}
            """
        let service = try ScriptedService(.json(problem, status: 422))
        let run = await CommandRun.of("key", "whoami", at: service)
        #expect(run.message == "Some fields are wrong\n  ?limit: Must be 1 to 200.; received \"0\"")
    }

    @Test func aFaultOfTheServiceNamesItsRequest() async throws {
        let problem = #"{"title":"Oh","status":500,"code":"unavailable","detail":"Broken.","request_id":"req_9"}"#
        let service = try ScriptedService(.json(problem, status: 500))
        let run = await CommandRun.of("key", "whoami", at: service)
        #expect(run.message == "Oh: Broken.\nRequest-Id: req_9" && run.status == 1)
    }

    @Test func aRefusalIsJSONForWhoAskedForThat() async throws {
        let problem = #"{"title":"Not found","status":404,"code":"not_found","detail":"There is no such key."}"#
        let service = try ScriptedService(.json(problem, status: 404))
        let run = await CommandRun.of("key", "show", "key_1", "--json", at: service)
        #expect(run.notes == problem + "\n" && run.output.isEmpty && run.status == 1 && run.message.isEmpty)
    }

    @Test func whatPostriderWouldNotSayIsTold() async throws {
        let service = try ScriptedService(.whole("<html>proxy</html>", status: 502))
        let run = await CommandRun.of("key", "whoami", at: service)
        #expect(run.status == 1 && run.message.hasSuffix("answers 502, and nothing that Postrider would say"))
    }

    @Test func whoIsTooManyComesBackWhenToldTo() async throws {
        let busy = #"{"title":"Too many","status":429,"code":"rate_limited","detail":"Slow down."}"#
        let service = try ScriptedService(
            .json(busy, status: 429, ["Retry-After: 7"]), .json(busy, status: 503), .json(Self.me))
        let run = await CommandRun.of("key", "revoke", "key_1", at: service)
        #expect(run.status == 0 && run.pauses == [.seconds(7), .seconds(1)])
        #expect(service.requests.map(\.line) == Array(repeating: "DELETE /v1/api-keys/key_1 HTTP/1.1", count: 3))
    }

    @Test func whoIsToldToComeBackTomorrowDoesNotWait() async throws {
        let busy = #"{"title":"Too many","status":429,"code":"rate_limited","detail":"Slow down."}"#
        let service = try ScriptedService(.json(busy, status: 429, ["Retry-After: 86400"]))
        let run = await CommandRun.of("key", "whoami", at: service)
        #expect(run.status == 1 && run.pauses.isEmpty && run.message == "Too many: Slow down.")
    }

    @Test func triesComeToAnEnd() async throws {
        let full = ScriptedService.Answer.json(
            #"{"title":"Busy","status":503,"code":"unavailable","detail":"Later."}"#, status: 503)
        let service = try ScriptedService(full, full, full, full, full)
        let run = await CommandRun.of("key", "whoami", at: service)
        #expect(run.status == 1 && run.pauses.count == 4 && service.requests.count == 5)
    }

    @Test func aLostAnswerIsAskedForAgain() async throws {
        let service = try ScriptedService(.hangUp, .init(pieces: ["HTTP/1.1 200 OK\r\nContent-Le"]), .json(Self.me))
        let run = await CommandRun.of("key", "whoami", at: service)
        #expect(run.status == 0 && service.requests.count == 3 && run.pauses.count == 2)
    }

    @Test func whatMayNotBeDoneTwiceIsAskedOnce() async throws {
        let service = try ScriptedService(.hangUp)
        let run = await CommandRun.of("key", "add", "billing", at: service)
        #expect(run.status == 1 && run.pauses.isEmpty && run.message.hasPrefix("no answer from http://127.0.0.1:"))
    }

    @Test func nobodyListening() async throws {
        let run = await CommandRun.of("key", "whoami")
        #expect(run.status == 1 && run.pauses.isEmpty && run.message.hasSuffix("is it running?"))
    }
}
