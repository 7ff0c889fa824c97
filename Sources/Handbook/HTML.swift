// HTML.swift — writes HTML: elements closed by themselves, and every text escaped in one place.

struct HTML {
    private(set) var bytes: [UInt8] = []

    /// Text as it is to be read; nothing in it is markup.
    mutating func text(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): bytes.append(contentsOf: "&#39;".utf8)
            default: bytes.append(byte)
            }
        }
    }

    /// Names are the program's own; only values and content may come from elsewhere.
    mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ content: (inout HTML) -> Void
    ) {
        open(name, attributes)
        content(&self)
        markup("</", name, ">")
    }

    mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], text: String
    ) {
        element(name, attributes) { $0.text(text) }
    }

    /// One that has no end tag, such as `meta`.
    mutating func void(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) {
        open(name, attributes)
    }

    /// A whole document. The style sheet must not contain `</`.
    static func document(title: String, style: String, _ body: (inout HTML) -> Void) -> [UInt8] {
        var html = HTML()
        html.markup("<!doctype html>\n")
        html.element("html", ["lang": "en"]) { html in
            html.element("head") { head in
                head.void("meta", ["charset": "utf-8"])
                head.void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                head.void("meta", ["name": "color-scheme", "content": "light dark"])
                head.element("title", text: title)
                // Raw text (HTML §13.1.2): an escape would become part of it.
                head.element("style") { $0.bytes.append(contentsOf: style.utf8) }
            }
            html.element("body", [:], body)
        }
        return html.bytes
    }

    private mutating func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) {
        markup("<", name)
        for (attribute, value) in attributes {
            markup(" ", attribute, "=\"")
            text(value)
            markup("\"")
        }
        markup(">")
    }

    private mutating func markup(_ pieces: StaticString...) {
        for piece in pieces { piece.withUTF8Buffer { bytes.append(contentsOf: $0) } }
    }
}
