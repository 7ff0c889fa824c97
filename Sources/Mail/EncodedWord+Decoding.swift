// EncodedWord+Decoding.swift — finds and reads the encoded words of others (RFC 2047), for showing only.

extension EncodedWord {
    /// Whether it holds what every encoded word begins with.
    static func mayOccur(in text: String.UTF8View) -> Bool {
        var previous = UInt8.space
        for byte in text {
            if byte == UInt8(ascii: "?"), previous == .equals { return true }
            previous = byte
        }
        return false
    }

    /// Whether a reader, even a lenient one, would find an encoded word in it: `=?…?.?…?=`.
    static func occurs(in bytes: [UInt8]) -> Bool {
        let mark = UInt8(ascii: "?")
        for start in bytes.indices where bytes[start...].starts(with: [.equals, mark]) {
            // Looks no further than four marks, so that all starts together look at each byte a few times.
            guard let charsetEnd = bytes[(start + 2)...].firstIndex(of: mark), charsetEnd + 2 < bytes.count,
                bytes[charsetEnd + 2] == mark, let end = bytes[(charsetEnd + 3)...].firstIndex(of: mark)
            else { continue }
            if end + 1 < bytes.count, bytes[end + 1] == .equals { return true }
        }
        return false
    }

    /// A header's text with the encoded words in UTF-8, US-ASCII and ISO-8859-1 decoded. Words that hide a control are
    /// left as they are, other controls left out: the result can be shown anywhere.
    static func decoding(_ text: some Collection<UInt8>) -> String {
        var shown: [UInt8] = []
        var run = Run()
        var rest = Array(text)[...]
        while !rest.isEmpty {
            let spaces = rest.prefix { $0.isSpaceOrTab }
            let word = rest[spaces.endIndex...].prefix { !$0.isSpaceOrTab }
            rest = rest[word.endIndex...]
            if let decoded = decoded(word) {
                // RFC 2047 §6.2 — the space between two encoded words is none.
                if run.isEmpty { shown.append(contentsOf: spaces) } else { run.raw.append(contentsOf: spaces) }
                run.raw.append(contentsOf: word)
                run.decoded.append(contentsOf: decoded)
            } else {
                run.flush(to: &shown)
                shown.append(contentsOf: spaces)
                shown.append(contentsOf: word)
            }
        }
        run.flush(to: &shown)
        return String(decoding: shown, as: UTF8.self).withoutControls
    }

    /// Encoded words with only spaces between them. Writers tear characters apart between words, against RFC 2047 §5;
    /// decoded together they are whole again.
    private struct Run {
        var raw: [UInt8] = []
        var decoded: [UInt8] = []
        var isEmpty: Bool { raw.isEmpty }

        mutating func flush(to shown: inout [UInt8]) {
            let text = String(decoding: decoded, as: UTF8.self)
            shown.append(contentsOf: text.containsControls ? raw : Array(text.utf8))
            self = Run()
        }
    }

    /// In UTF-8; nil if it is no encoded word, or one of a charset that we do not read.
    private static func decoded(_ word: ArraySlice<UInt8>) -> [UInt8]? {
        guard word.starts(with: "=?".utf8), word.count >= 8 else { return nil }
        let parts = word.split(separator: UInt8(ascii: "?"), omittingEmptySubsequences: false)
        guard parts.count == 5, parts[4].elementsEqual([.equals]), parts[2].count == 1 else { return nil }
        let content: [UInt8]?
        switch parts[2].first.map(\.asciiLowercased) {
        case UInt8(ascii: "q"): content = decodingQ(parts[3])
        case UInt8(ascii: "b"): content = Base64.decoding(parts[3])
        default: content = nil
        }
        // RFC 2231 §5 — a language may follow the charset.
        let charset = parts[1].prefix { $0 != UInt8(ascii: "*") }.map(\.asciiLowercased)
        switch String(decoding: charset, as: UTF8.self) {
        case "utf-8", "us-ascii": return content
        case "iso-8859-1": return content.map { $0.flatMap { Array(String(Unicode.Scalar($0)).utf8) } }
        default: return nil
        }
    }

    /// RFC 2047 §4.2. nil where an escape is none.
    private static func decodingQ(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case UInt8(ascii: "_"): decoded.append(.space)
            case .equals:
                guard index + 2 < text.endIndex, let high = text[index + 1].hexValue,
                    let low = text[index + 2].hexValue
                else { return nil }
                decoded.append(high << 4 | low)
                index += 2
            default: decoded.append(text[index])
            }
            index += 1
        }
        return decoded
    }
}

extension UInt8 {
    var isSpaceOrTab: Bool { self == .space || self == .tab }

    /// Of a hexadecimal digit.
    var hexValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
