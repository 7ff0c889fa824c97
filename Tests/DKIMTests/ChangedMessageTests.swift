// ChangedMessageTests.swift — which changes on the way break a signature, and which do not.

import DKIM
import Testing

struct ChangedMessageTests {
    private static let broken: [Verifier.Verdict] = [.signatureFails, .signatureFails]
    private static let intact: [Verifier.Verdict] = [.pass, .pass]

    static let oversigned = [
        "From", "To", "Cc", "Subject", "Date", "Reply-To", "Message-ID", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post",
    ]

    @Test(arguments: oversigned)
    func `another field of a name breaks it, above and below`(name: String) throws {
        let added = Array("\(name): added\r\n".utf8)
        #expect(try verdicts { $0 = added + $0 } == Self.broken)
        #expect(try verdicts { $0.replace("X-Mailer", by: "\(name): added\r\nX-Mailer") } == Self.broken)
    }

    @Test(arguments: oversigned)
    func `a field that the message did not have breaks it`(name: String) throws {
        let content = message(["X-Mailer: none"])
        #expect(try verdicts(on: content) { $0 = Array("\(name): added\r\n".utf8) + $0 } == Self.broken)
    }

    @Test(arguments: oversigned + ["In-Reply-To", "Feedback-ID"])
    func `a changed field breaks it`(name: String) throws {
        #expect(try verdicts { $0.replace("\r\n\(name): ", by: "\r\n\(name): changed ") } == Self.broken)
    }

    @Test(arguments: oversigned + ["In-Reply-To", "Feedback-ID"])
    func `a field taken away breaks it`(name: String) throws {
        #expect(try verdicts { $0.replace("\r\n\(name): ", by: "\r\nX-Gone: ") } == Self.broken)
    }

    @Test func `two fields of a name that change places break it`() throws {
        let (a, b) = ("To: a@example.net\r\n", "To: b@example.net\r\n")
        let content = message(["To: a@example.net", "To: b@example.net"])
        #expect(try verdicts(on: content) { $0.replace(a + b, by: b + a) } == Self.broken)
    }

    @Test func `what hosts add on the way does not break it`() throws {
        let added = "Received: from a by b;\r\n Wed, 25 Nov 2026 15:00:00 +0000\r\nReturn-Path: <a@acme.example>\r\n"
        #expect(try verdicts { $0 = Array(added.utf8) + $0 } == Self.intact)
        #expect(try verdicts { $0.replace("X-Mailer: none\r\n", by: "Received: late\r\n") } == Self.intact)
    }

    @Test(arguments: [
        ("To: bob@example.net,\r\n carol", "TO:bob@example.net,   carol"),
        ("Is  dinner\r\n\tready? ", "Is dinner ready?"),
        ("We lost the", "We  lost\tthe"), ("game.\r\n", "game. \t\r\n\r\n\r\n"), ("game.\r\n", "game."),
    ])
    func `white space does not break it`(old: String, new: String) throws {
        #expect(try verdicts { $0.replace(old, by: new) } == Self.intact)
    }

    @Test(arguments: [("We lost", "We won"), ("Hi.", "H i."), ("Hi.\r\n", "\r\nHi.\r\n"), ("game.", "game.\r\n.")])
    func `another body breaks it`(old: String, new: String) throws {
        #expect(try verdicts { $0.replace(old, by: new) } == [.bodyDiffers, .bodyDiffers])
    }

    @Test(arguments: [("t=1790000000", "t=1790000001"), ("x=1790604800", "x=1890604800"), (":from:", ":")])
    func `changed tags break it`(old: String, new: String) throws {
        #expect(try verdicts { $0.replace(old, by: new) } == [.signatureFails, .pass])
    }

    @Test func `one signature stands without the other`() throws {
        let content = message()
        let fields = Verifier(signatures(of: content)).fields
        for field in fields.dropLast() {
            let received = field.latin1 + Array("\r\n".utf8) + content
            #expect(try Verifier(received).verdicts(Keys.published()) == [.pass])
        }
    }
}
