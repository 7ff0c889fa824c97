// DialogueTests.swift — whose reply is whose, in the transcript of an attempt.

import Testing

@testable import Console

@Suite struct DialogueTests {
    private func dialogue(_ lines: String...) -> Dialogue {
        Dialogue(lines.map { "+0.001 \($0)\n" }.joined())
    }

    @Test func pipelinedRepliesBelongToTheirCommands() {
        let dialogue = dialogue(
            "* connected to 192.0.2.1:25", "< 220 hi", "> EHLO a", "< 250-b", "< 250 PIPELINING", "> MAIL FROM:<>",
            "> RCPT TO:<b@c> NOTIFY=NEVER", "> RCPT TO:<bb@c>", "> RCPT TO:<d@e>", "> DATA", "< 250 Ok", "< 250 Ok",
            "< 550-5.1.1 No", "< 550 5.1.1 such user", "< 451 Later", "< 354 Go", "> (message, 9 bytes)", "< 250 Queued"
        )
        #expect(dialogue.reply(to: "b@c") == "250 Queued")
        #expect(dialogue.reply(to: "bb@c") == "550 5.1.1 No 5.1.1 such user")
        #expect(dialogue.reply(to: "d@e") == "451 Later")
        #expect(dialogue.reply(to: "nobody@e") == nil)
    }

    @Test func aSessionThatIsReusedHasNoGreeting() {
        let dialogue = dialogue(
            "* session reused, TLSv1.3", "> MAIL FROM:<>", "> RCPT TO:<b@c>", "> DATA", "< 250 Ok", "< 550 No",
            "< 503 No")
        #expect(dialogue.reply(to: "b@c") == "550 No")
    }

    /// What one host has left open is nothing that another answers.
    @Test func theLastHostDecides() {
        let dialogue = dialogue(
            "* connected to 192.0.2.1:25", "< 220 hi", "> MAIL FROM:<>", "> RCPT TO:<b@c>", "> DATA", "< 250 Ok",
            "< 451 Later", "* connected to 192.0.2.2:25", "< 220 hi", "> MAIL FROM:<>", "< 250 Ok", "> RCPT TO:<b@c>",
            "< 552 Never")
        #expect(dialogue.reply(to: "b@c") == "552 Never")
    }

    @Test func whatHasNoReplyHasNone() {
        let dialogue = dialogue(
            "* connected to 192.0.2.1:25", "< 220 hi", "> MAIL FROM:<>", "> RCPT TO:<b@c>", "< 250 Ok", "< 250 Ok",
            "> DATA", "< 354 Go", "> (message, 9 bytes)")
        #expect(dialogue.reply(to: "b@c") == nil)
        #expect(Dialogue("").reply(to: "b@c") == nil)
        #expect(Dialogue("+0.001\n<\n+0.001 <\n+0.001 < \n").reply(to: "b@c") == nil)
    }
}
