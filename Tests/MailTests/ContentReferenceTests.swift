// ContentReferenceTests.swift — when an attachment stands in line: what counts as a reference to its content id.

import Mail
import Testing

struct ContentReferenceTests {
    /// Whether a file of that content id goes in line with the html.
    private func refers(_ html: String, to id: String) throws -> Bool {
        var draft = try draft(text: nil, html: html)
        draft.attachments = [try Attachment(filename: "a.png", contentID: id, bytes: [1])]
        return try MessageReader(compose(draft)).mediaType == "multipart/related"
    }

    @Test(arguments: [
        ("<img src=\"cid:logo\">", "logo"), ("<img src='cid:logo'>", "logo"), ("<img src=cid:logo>", "logo"),
        ("<img src=CID:logo alt=x>", "logo"), ("<img src=\"cid:a@x.test\">", "a@x.test"),
        ("<img src=\"cid:a%40x.test\">", "a@x.test"), ("<img src=\"cid:a%2Bb%40x%2etest\">", "a+b@x.test"),
        ("<p style=\"background:url(cid:logo)\">", "logo"), ("<p style=\"background:url('cid:logo')\">", "logo"),
        ("<p style=\"background:url(&quot;cid:logo&quot;)\">", "logo"), ("<p style='url(&#39;cid:logo&#39;)'>", "logo"),
        ("<img src=\"cid:o'hara\">", "o'hara"), ("<img src=\"cid:a&amp;b\">", "a&b"), ("<img src=\"cid:a&b\">", "a&b"),
        ("<img src=\"cid:50%25\">", "50%"), ("<img src=\"cid:a%40b\">", "a%40b"), ("<img src=\"cid:50%\">", "50%"),
        ("<img src=\"cid:a#view\">", "a"),
        ("<img src=\"cid:a%23b\">", "a#b"), ("cid:logo", "logo"), ("cid:x cid:cid:logo", "logo"),
        ("ก:cid:logoก", "logo"),
    ])
    func `a URL of the id is a reference, however it stands there`(html: String, id: String) throws {
        #expect(try refers(html, to: id))
    }

    @Test(arguments: [
        ("<img src=\"cid:logo2\">", "logo"), ("<img src=\"cid:log\">", "logo"), ("<img src=\"cid:Logo\">", "logo"),
        ("<img src=\"logo\">", "logo"), ("id:logo", "logo"), ("cid: logo", "logo"), ("cid:", "logo"), ("cid", "logo"),
        (":", "logo"), ("", "logo"),
    ])
    func `anything else is none`(html: String, id: String) throws {
        #expect(try !refers(html, to: id))
    }

    @Test func `each file is judged by its own id`() throws {
        var draft = try draft(text: "t", html: "<img src=cid:a><img src=cid:c>")
        draft.attachments = try ["a", "b", "c"].map { try Attachment(filename: $0, contentID: $0, bytes: [1]) }
        let parts = try MessageReader(compose(draft)).parts
        #expect(parts.first?.parts.compactMap { $0["Content-ID"] } == ["<a>", "<c>"])
        #expect(parts.last?["Content-ID"] == "<b>")
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["cid:", "cid:a", ":", "cid:%", "cid:&", "cid:a%2", "c", "%%%"])
    func `an html takes no longer than its size asks`(unit: String) throws {
        #expect(try !refers(String(repeating: unit, count: 250_000 / unit.utf8.count), to: "logo"))
    }
}
