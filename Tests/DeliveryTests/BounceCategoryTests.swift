// BounceCategoryTests.swift — what kind of refusal a 5yz was, and whether it says that the mailbox is dead.

import Queue
import Testing

@testable import Delivery
@testable import SMTP

struct BounceCategoryTests {
    @Test func tellsEachReplyApart() throws {
        #expect(BounceReplies.all.count >= 120)
        for (category, text) in BounceReplies.all {
            let reply = try reply(text)
            let found = BounceCategory(
                replyCode: reply.code, enhancedCode: reply.enhancedCode.map { "\($0)" }, text: reply.description)
            #expect(found.rawValue == category, "\(text)")
        }
    }

    @Test func everyCategoryCanCome() {
        let seen = Set(BounceReplies.all.map(\.category))
        #expect(BounceCategory.allCases.filter { !seen.contains($0.rawValue) } == [])
        #expect(BounceCategory.allCases.count == 17)
    }

    @Test func onlyADeadMailboxIsHard() {
        for category in BounceCategory.allCases {
            #expect(category.isOfDeadMailbox == [.invalidRecipient, .mailboxDisabled].contains(category))
        }
    }

    /// MAIL, RCPT, RCPT, the content.
    @Test(
        arguments: [
            (["250 ok", "550 5.1.1 User unknown"], nil, [Bounce.Kind.hard]),
            (["250 ok", "250 ok"], "550 5.1.1 User unknown", [.hard]),
            (["250 ok", "250 ok", "250 ok"], "550 5.1.1 User unknown", [.soft, .soft]),
            (["550 5.1.1 User unknown", "503 no"], nil, [.soft]),
            (["250 ok", "250 ok", "550 5.2.1 Mailbox disabled"], "250 ok", [nil, .hard]),
        ] as [([String], String?, [Bounce.Kind?])])
    func isHardOnlyIfSaidOfThatMailbox(replies: [String], content: String?, kinds: [Bounce.Kind?]) throws {
        var result = TransactionResult(recipientCount: replies.count - 1)
        let mail = try reply(replies[0])
        result.mail = mail
        for (index, text) in replies.dropFirst().enumerated() where mail.isPositive {
            let reply = try reply(text)
            result.recipients[index] = reply.isPositive ? .accepted : .refused(reply)
        }
        result.content = try content.map(reply)
        let verdicts = Disposition.of(result, host: "mx.test").verdicts.sorted { $0.index < $1.index }
        #expect(verdicts.map { if case .bounced(let bounce) = $0.verdict { bounce.kind } else { nil } } == kinds)
    }

    @Test func aGreetingSaysNothingOfAMailbox() {
        let bounce = BounceCategory.bounce(
            code: 554, enhancedCode: nil, text: "554 No such user", host: nil, isOfMailbox: false)
        #expect(bounce.kind == .soft && bounce.category == "invalid_recipient")
    }

    private func reply(_ text: String) throws -> Reply {
        let code = try #require(Int(text.prefix(3)))
        return Reply(code, String(text.dropFirst(4)).replacing("| ", with: "\n"))
    }
}
