// ContentReferences.swift — which content ids an html refers to by `cid:` URLs (RFC 2392 §2).

import Glibc

extension MessageDraft {
    /// Those of its attachments that its html refers to. Costs nothing where no attachment has one.
    var referencedContentIDs: Set<[UInt8]> {
        guard var html else { return [] }
        let ids = Set(attachments.compactMap { $0.contentID.map { Array($0.utf8) } })
        return ids.isEmpty ? [] : html.withUTF8 { ContentReferences(html: $0).found(of: ids) }
    }
}

/// Looks from colon to colon, and at no byte behind one twice. What surrounds a URL, html or css, is not parsed: one that
/// is named in a comment is taken for a reference too.
private struct ContentReferences {
    let html: UnsafeBufferPointer<UInt8>

    func found(of ids: Set<[UInt8]>) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        var position = 0
        while found.count < ids.count, let colon = nextColon(from: position) {
            position = colon + 1
            guard isScheme(before: colon) else { continue }
            let decoded = contentID(at: &position)
            // As it is too: not every writer knows that a percent sign is an escape.
            for id in [decoded, Array(html[(colon + 1)..<position])] where ids.contains(id) { found.insert(id) }
        }
        return found
    }

    private func nextColon(from position: Int) -> Int? {
        guard position < html.count, let base = html.baseAddress,
            let found = memchr(base + position, CInt(UInt8(ascii: ":")), html.count - position)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private func isScheme(before colon: Int) -> Bool {
        colon >= 3 && html[(colon - 3)..<colon].lazy.map(\.asciiLowercased).elementsEqual("cid".utf8)
    }

    /// The rest of the URL with its escapes undone, up to what cannot be part of it there; `position` moves behind it.
    private func contentID(at position: inout Int) -> [UInt8] {
        let opening = position >= 5 ? html[position - 5] : .space
        var id: [UInt8] = []
        while position < html.count {
            switch html[position] {
            case UInt8(ascii: "'") where opening != .quote: return id
            // A fragment (RFC 3986 §3.5).
            case UInt8(ascii: "#"): return id
            case UInt8(ascii: "%"):
                id.append(escapedByte(at: &position))
                continue
            case UInt8(ascii: "&"):
                let rest = html[position...]
                // A quotation mark, written as html asks inside another one.
                if ["&quot;", "&apos;", "&#"].contains(where: { rest.starts(with: $0.utf8) }) { return id }
                if rest.starts(with: "&amp;".utf8) { position += 4 }
                id.append(UInt8(ascii: "&"))
            case let byte where byte.isAtext || byte == .dot || byte == .at: id.append(byte)
            default: return id
            }
            position += 1
        }
        return id
    }

    /// RFC 3986 §2.1; a percent sign that begins no escape stands for itself.
    private func escapedByte(at position: inout Int) -> UInt8 {
        guard position + 2 < html.count, let high = html[position + 1].hexValue, let low = html[position + 2].hexValue
        else {
            position += 1
            return UInt8(ascii: "%")
        }
        position += 3
        return high << 4 | low
    }
}
