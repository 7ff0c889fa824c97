// MarkdownTests.swift — the little Markdown that descriptions use.

import Testing

@testable import Handbook

@Suite struct MarkdownTests {
    @Test func linesOfAParagraphAreJoined() {
        #expect(
            Markdown("One\ntwo.\n\nThree.\n").blocks == [
                .paragraph([.text("One two.")]), .paragraph([.text("Three.")]),
            ])
    }

    @Test func listsAreListsOfLines() {
        #expect(
            Markdown("First:\n- a `b`\n  goes on\n- c\n\nLast.").blocks == [
                .paragraph([.text("First:")]),
                .list([[.text("a "), .code("b"), .text(" goes on")], [.text("c")]]), .paragraph([.text("Last.")]),
            ])
    }

    @Test func fencedCodeStaysAsItIs() {
        #expect(
            Markdown("See:\n```sh\ncurl *x*\n\n  - y\n```\nEnd").blocks == [
                .paragraph([.text("See:")]), .code("curl *x*\n\n  - y"), .paragraph([.text("End")]),
            ])
        #expect(Markdown("```\nopen").blocks == [.code("open")])
    }

    static let spans: [(String, [Markdown.Inline])] = [
        ("`a*b*`", [.code("a*b*")]), ("an *emphasis*.", [.text("an "), .emphasis("emphasis"), .text(".")]),
        ("**very**", [.strong("very")]), ("`*/*` and 2*3*4", [.code("*/*"), .text(" and 2*3*4")]),
        ("see [docs](/docs).", [.text("see "), .link("docs", target: "/docs"), .text(".")]),
        ("a ` b", [.text("a ` b")]), ("a * b", [.text("a * b")]), ("[a] (b)", [.text("[a] (b)")]),
        ("`one` `two`", [.code("one"), .text(" "), .code("two")]),
        ("errors[].received", [.text("errors[].received")]),
    ]

    @Test(arguments: spans) func readsSpans(source: String, expected: [Markdown.Inline]) {
        #expect(Markdown(source).blocks == [.paragraph(expected)])
    }

    @Test(arguments: ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a@b"])
    func linksLeadToPagesOnly(target: String) {
        #expect(Markdown("[a](\(target))").blocks == [.paragraph([.text("[a](\(target))")])])
    }

    @Test func nothingInItIsMarkup() {
        var html = HTML()
        html.markdown("<script>1 & 2</script> `<b>` [<i>](/a\"b) *<u>*\n\n```\n</pre>'\n```")
        #expect(
            String(decoding: html.bytes, as: UTF8.self)
                == "<p>&lt;script&gt;1 &amp; 2&lt;/script&gt; <code>&lt;b&gt;</code> "
                + #"<a href="/a&quot;b">&lt;i&gt;</a> <em>&lt;u&gt;</em></p><pre><code>&lt;/pre&gt;&#39;</code></pre>"#)
    }
}
