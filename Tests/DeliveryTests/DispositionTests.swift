// DispositionTests.swift — which refusals are final: only what a host says of the mail, never what an operator can mend.

import Address
import DNS
import Mail
import Queue
import SMTP
import Testing

@testable import Delivery

struct DispositionTests {
    @Test(arguments: [
        (SMTPFailure.Stage.greeting, 554), (.ehlo, 550),
    ])
    func takesAHostAtItsWordBeforeAnyMessage(stage: SMTPFailure.Stage, code: Int) {
        let refusal = SMTPFailure(.refused(Reply(code, "5.3.2 No mail here")), at: stage)
        #expect(Disposition.hostFailure(refusal).kind == .permanent(replyCode: code, enhancedCode: "5.3.2"))
    }

    @Test(arguments: [
        (SMTPFailure.Stage.greeting, 554, true), (.ehlo, 550, true), (.authentication, 535, true),
        (.authentication, 535, false), (.startTLS, 502, false), (.greeting, 421, false),
    ])
    func waitsForWhatTheOperatorOrTheHostMayMend(stage: SMTPFailure.Stage, code: Int, ofRelay: Bool) {
        let refusal = SMTPFailure(.refused(Reply(code, "No")), at: stage)
        #expect(Disposition.hostFailure(refusal, ofRelay: ofRelay) == HostFailure(kind: .transient, text: "\(code) No"))
    }

    @Test(arguments: [MXLookup.noHosts(detail: "x"), .noSuchDomain(detail: "x"), .temporary(reason: "x")])
    func waitsForARelayThatDoesNotResolve(lookup: MXLookup) async {
        let relay = NextHop(resolver: FixedRoute(lookup: lookup), relay: .init(host: "relay.test", port: 587))
        let route = await relay.route(to: Domain(trusted: "example.test"))
        guard case .unknown(let reason) = route else {
            Issue.record("\(route)")
            return
        }
        #expect(reason.contains("x"))
    }

    @Test func keepsAnExcerptOfAReplyWithoutEnd() {
        let refusal = SMTPFailure(.refused(Reply(554, String(repeating: "é", count: 30_000))), at: .greeting)
        #expect(Disposition.hostFailure(refusal).text.utf8.count < 1_100)
    }
}
