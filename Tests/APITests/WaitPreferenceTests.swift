// WaitPreferenceTests.swift — the header field Prefer.

import HTTP
import HTTPTypes
import Queue
import TestSupport
import Testing

@testable import API

@Suite struct WaitPreferenceTests {
    @Test(arguments: [
        ("wait=10", 10), ("WAIT = 10", 10), ("wait=\"10\"", 10), ("respond-async, wait=5", 5), ("wait=0", 0),
        ("wait=600", 60), ("wait=99999999999999999999999", 60), ("wait=7; foo=bar", 7), ("x=\",wait=3\", wait=4", 4),
        ("x=\"\\\",wait=3\", wait=4", 4), ("wait=5, wait=6", 5), ("wait", nil), ("wait=", nil), ("wait=-1", nil),
        ("wait=+5", nil), ("wait=1.5", nil), ("wait=x, wait=5", nil), ("waiting=5", nil), ("", nil), ("wait=\"5", nil),
        ("respond-async", nil),
    ])
    func isReadAsRFC7240HasIt(field: String, seconds: Int?) {
        #expect(WaitPreference([.prefer: field])?.seconds == seconds)
    }

    @Test func isReadFromTheFirstFieldThatHasIt() {
        var fields = HTTPFields()
        for value in ["return=minimal", "wait=3", "wait=4"] {
            fields.append(HTTPField(name: .prefer, value: value))
        }
        #expect(WaitPreference(fields)?.seconds == 3)
        #expect(WaitPreference([:]) == nil)
    }
}

@Suite struct EntityTagTests {
    private let tag = EntityTag(of: Array("{}".utf8))

    @Test func isStrongAndOfTheBytes() {
        #expect(tag.text.hasPrefix("\"") && tag.text.hasSuffix("\"") && tag.text.utf8.count == 34)
        #expect(tag == EntityTag(of: Array("{}".utf8)) && tag != EntityTag(of: Array("{ }".utf8)))
    }

    @Test(arguments: [
        ("TAG", true), ("W/TAG", true), ("\"a\", TAG", true), (" \"a\" ,TAG ", true), ("*", true), ("\"a\"", false),
        ("", false), ("TAGx", false),
    ])
    func isFoundAmongThoseThatAreKnown(field: String, isKnown: Bool) {
        let known = KnownTags([.ifNoneMatch: field.replacing("TAG", with: tag.text)])
        #expect(known?.contains(tag) == isKnown)
    }

    @Test func withoutTheFieldNothingIsKnown() { #expect(KnownTags([:]) == nil) }
}

@Suite(.timeLimit(.minutes(5)))
struct PatienceTests {
    private let clock = ManualClock()
    private let request = HTTPServerRequest(
        head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/"), remoteAddress: "", id: "req_1")

    @Test func endsWithItsTime() async {
        let patience = Patience(of: request, until: clock.now + .seconds(5), clock: clock)
        async let isOver = !patience.wait()
        await until { clock.nextAlarm != nil }
        clock.advance(by: .seconds(5))
        #expect(await isOver)
        #expect(await patience.wait() == false)
    }

    @Test func endsWhenTheClientHasGone() async {
        let patience = Patience(of: request, clock: clock)
        async let isOver = !patience.wait(until: clock.now + .seconds(5))
        await until { clock.nextAlarm != nil }
        request.presence.end()
        #expect(await isOver)
    }

    @Test func isWokenByItsBellAndByTheMoment() async {
        let patience = Patience(of: request, until: clock.now + .seconds(50), clock: clock)
        patience.bell.ring()
        patience.bell.ring()
        #expect(await patience.wait())
        async let isOn = patience.wait(until: clock.now + .seconds(5))
        await until { clock.nextAlarm == clock.now + .seconds(5) }
        clock.advance(by: .seconds(5))
        #expect(await isOn)
    }

    @Test func leavesNoTimerBehind() async {
        var patience: Patience? = Patience(of: request, until: clock.now + .seconds(50), clock: clock)
        patience?.bell.ring()
        _ = await patience?.wait()
        #expect(clock.nextAlarm != nil)
        patience = nil
        #expect(clock.nextAlarm == nil)
    }
}
