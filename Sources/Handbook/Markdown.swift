// Markdown.swift — the little Markdown that descriptions are written in: paragraphs, lists, fenced code, `code`,
// *emphasis*, **strong emphasis** and [links](/docs). Everything else is text as it stands.

struct Markdown: Equatable {
    enum Block: Equatable {
        case paragraph([Inline])
        case list([[Inline]])
        case code(String)
    }

    enum Inline: Equatable {
        case text(String)
        case code(String)
        case emphasis(String)
        case strong(String)
        case link(String, target: String)
    }

    private(set) var blocks: [Block] = []

    init(_ source: String) {
        var gathering = Gathering()
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) { gathering.add(line) }
        blocks = gathering.finish()
    }
}

/// The lines of one block after the other.
private struct Gathering {
    private var blocks: [Markdown.Block] = []
    private var paragraph: [Substring] = []
    private var items: [[Substring]] = []
    /// The lines of a fenced block that is not closed yet.
    private var code: [Substring]?

    mutating func add(_ line: Substring) {
        let bare = line.drop { $0 == " " }
        if let lines = code {
            if bare.hasPrefix("```") { endCode(lines) } else { code = lines + [line] }
        } else if bare.hasPrefix("```") {
            endText()
            code = []
        } else if bare.isEmpty {
            endText()
        } else if bare.hasPrefix("- ") {
            endParagraph()
            items.append([bare.dropFirst(2)])
        } else if !items.isEmpty {
            items[items.count - 1].append(bare)
        } else {
            paragraph.append(bare)
        }
    }

    mutating func finish() -> [Markdown.Block] {
        if let code { endCode(code) }
        endText()
        return blocks
    }

    private mutating func endCode(_ lines: [Substring]) {
        blocks.append(.code(lines.joined(separator: "\n")))
        code = nil
    }

    private mutating func endText() {
        endParagraph()
        if !items.isEmpty { blocks.append(.list(items.map { inlines(in: $0.joined(separator: " ")) })) }
        items = []
    }

    private mutating func endParagraph() {
        if !paragraph.isEmpty { blocks.append(.paragraph(inlines(in: paragraph.joined(separator: " ")))) }
        paragraph = []
    }
}

// MARK: Within a block

private func inlines(in source: String) -> [Markdown.Inline] {
    var inlines: [Markdown.Inline] = []
    var plain = ""
    var rest = source[...]
    while let character = rest.first {
        if let (inline, after) = span(at: rest, afterWord: plain.last.map { !$0.isWhitespace && $0 != "(" } ?? false) {
            if !plain.isEmpty { inlines.append(.text(plain)) }
            inlines.append(inline)
            (plain, rest) = ("", after)
        } else {
            plain.append(character)
            rest = rest.dropFirst()
        }
    }
    return plain.isEmpty ? inlines : inlines + [.text(plain)]
}

/// What begins with the first character of `text`, and what follows it; nil if that character means itself.
private func span(at text: Substring, afterWord: Bool) -> (Markdown.Inline, Substring)? {
    switch text.first {
    case "`": return enclosed(by: "`", in: text).map { (.code(String($0)), $1) }
    // Within a word a star is a star: `*/*`, `2*3`.
    case "*" where afterWord: return nil
    case "*" where text.hasPrefix("**"): return enclosed(by: "**", in: text).map { (.strong(String($0)), $1) }
    case "*": return enclosed(by: "*", in: text).map { (.emphasis(String($0)), $1) }
    case "[": return link(at: text)
    default: return nil
    }
}

private func enclosed(by mark: String, in text: Substring) -> (Substring, after: Substring)? {
    let inner = text.dropFirst(mark.count)
    guard let end = inner.firstRange(of: mark), end.lowerBound > inner.startIndex,
        mark == "`" || inner.first?.isWhitespace == false
    else { return nil }
    return (inner[..<end.lowerBound], inner[end.upperBound...])
}

private func link(at text: Substring) -> (Markdown.Inline, Substring)? {
    guard let middle = text.firstRange(of: "]("), let end = text[middle.upperBound...].firstIndex(of: ")") else {
        return nil
    }
    let label = text[text.index(after: text.startIndex)..<middle.lowerBound]
    let target = text[middle.upperBound..<end]
    // A page never links to anything that runs.
    guard ["https://", "http://", "/", "#"].contains(where: target.hasPrefix), !label.contains("[") else { return nil }
    return (.link(String(label), target: String(target)), text[text.index(after: end)...])
}

// MARK: As HTML

extension HTML {
    mutating func markdown(_ source: String?) {
        for block in Markdown(source ?? "").blocks {
            switch block {
            case .paragraph(let inlines): element("p") { $0.inlines(inlines) }
            case .code(let code): element("pre") { $0.element("code", text: code) }
            case .list(let items):
                element("ul") { list in for item in items { list.element("li") { $0.inlines(item) } } }
            }
        }
    }

    private mutating func inlines(_ inlines: [Markdown.Inline]) {
        for inline in inlines {
            switch inline {
            case .text(let text): self.text(text)
            case .code(let code): element("code", text: code)
            case .emphasis(let text): element("em", text: text)
            case .strong(let text): element("strong", text: text)
            case .link(let text, let target): element("a", ["href": target], text: text)
            }
        }
    }
}
