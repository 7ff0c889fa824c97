// SPFTests.swift — which SPF records let us send, which do not, and which only a receiver can judge.

import Queue
import Testing

@testable import Domains

@Suite struct SPFTests {
    enum Outcome { case ok, wrong, unclear, missing }

    private func outcome(_ texts: [String], sender: String = "a:mx.a.test") -> Outcome {
        let verdict = SPFPolicies(among: texts.map { Array($0.utf8) }).verdict(allowing: sender)
        switch verdict.status {
        case .ok: return .ok
        case .missing: return .missing
        case .differs: return verdict.isUnclear ? .unclear : .wrong
        }
    }

    @Test(
        arguments: [
            ([], .missing),
            (["google-site-verification=x"], .missing),
            (["v=spf10 a:mx.a.test"], .missing),
            (["other", "v=spf1 a:mx.a.test -all", "v=spf2.0/pra"], .ok),
            (["V=SPF1 A:MX.A.TEST. -ALL"], .ok),
            (["v=spf1 a:mx.a.test -all", "v=spf1 a:mx.a.test -all"], .wrong),
        ] as [([String], Outcome)])
    func aNameHasOnePolicy(texts: [String], expected: Outcome) {
        #expect(outcome(texts) == expected)
    }

    /// RFC 7208 §4.6.2 — terms are looked at in their order, and the first that matches decides.
    @Test(
        arguments: [
            ("a:mx.a.test ~all", .ok),
            ("+a:mx.a.test -all", .ok),
            ("  a:mx.a.test/24  ", .ok),
            ("a:mx.a.test//64 -all", .ok),
            ("a:mx.a.test/24//64 -all", .ok),
            ("include:b.test a:mx.a.test -all", .ok),
            ("ip4:192.0.2.1 mx a:mx.a.test", .ok),
            ("redirect=b.test a:mx.a.test", .ok),
            ("+all", .ok),
            ("", .wrong),
            ("-all", .wrong),
            ("?all", .wrong),
            ("-a:mx.a.test ~all", .wrong),
            ("?a:mx.a.test a:mx.a.test ~all", .wrong),
            ("-all a:mx.a.test", .wrong),
            ("~all redirect=b.test", .wrong),
            ("-ip4:192.0.2.1 -all", .wrong),
            ("unknown=x -all", .wrong),
        ] as [(String, Outcome)])
    func whatNamesUsOrNobodyIsCertain(terms: String, expected: Outcome) {
        #expect(outcome(["v=spf1 " + terms]) == expected)
    }

    @Test(arguments: [
        "ip4:192.0.2.1 -all", "ip4:192.0.2.0/24 -all", "ip6:2001:db8::/32 -all", "a -all", "mx -all", "mx/28 ~all",
        "a:out.a.test -all", "a:mx.a.test.b.test -all", "mx:a.test -all", "include:mx.a.test -all",
        "exists:%{i}.b.test",
        "ptr -all", "redirect=b.test", "-ip4:192.0.2.1 a:mx.a.test", "-include:b.test +all",
        "include:b.test -a:mx.a.test",
        "a:%{d} -all",
    ])
    func whatReceiversMustFollowIsUnclear(terms: String) {
        #expect(outcome(["v=spf1 " + terms]) == .unclear)
    }

    /// §4.6 — one term that is none breaks the whole record, wherever it stands.
    @Test(arguments: [
        "a:mx.a.test al", "a:mx.a.test -all foo", "a:mx.a.test -all:x", "a:mx.a.test ip4:192.0.2.256",
        "a:mx.a.test ip4",
        "a:mx.a.test ip4:192.0.2.0/33", "a:mx.a.test ip4:2001:db8::1", "a:mx.a.test ip6:2001:db8::/129",
        "a:mx.a.test ip6:192.0.2.1", "a:mx.a.test ip4:192.0.2.0/", "a:mx.a.test ip4:192.0.2.0/08", "a:mx.a.test/33",
        "a:mx.a.test/", "a:mx.a.test//129", "a:mx.a.test//24/24", "a:mx.a.test include", "a:mx.a.test include:",
        "a:mx.a.test include:com", "a:mx.a.test include:b.test/24", "a:mx.a.test a:192.0.2.1", "a:mx.a.test a:b..",
        "a:mx.a.test exists", "a:mx.a.test ptr:", "a:mx.a.test ++all", "a:mx.a.test mx=b.test =x", "a:mx.a.test a:%{d",
        "a:mx.a.test exists:%x.b.test", "a:mx.a.test\t-all", "a:mx.a.test redirect=", "a:mx.a.test \u{E9}",
        "a:mx.a.test redirect=b.test redirect=c.test", "a:mx.a.test exp=b.test exp=c.test",
        "a:mx.a.test " + (0..<10).map { "include:b\($0).test" }.joined(separator: " "),
    ])
    func whatReceiversRejectIsWrong(terms: String) {
        #expect(outcome(["v=spf1 " + terms]) == .wrong)
    }

    @Test func tenLookupsAreAllowed() {
        let includes = (0..<9).map { "include:b\($0).test" }.joined(separator: " ")
        #expect(outcome(["v=spf1 \(includes) a:mx.a.test exp=e.test ip4:192.0.2.1 -all"]) == .ok)
    }

    @Test func aRelayIsNamedByItsAddress() {
        #expect(outcome(["v=spf1 ip4:192.0.2.1 -all"], sender: "ip4:192.0.2.1") == .ok)
        #expect(outcome(["v=spf1 ip4:192.0.2.0/24 -all"], sender: "ip4:192.0.2.1") == .unclear)
    }

    @Test func whatIsWrongIsSaid() {
        func detail(_ text: String) -> String? {
            SPFPolicies(among: [Array(text.utf8)]).verdict(allowing: "a:mx.a.test").detail
        }
        #expect(detail("v=spf1 a:mx.a.test al") == "receivers reject it as a whole: \"al\" is no term")
        #expect(detail("v=spf1 -all") == "it does not let a:mx.a.test send")
        #expect(detail("v=spf1 mx -all") == "whether it lets a:mx.a.test send, only receivers can tell")
    }
}
