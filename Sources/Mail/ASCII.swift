// ASCII.swift — the byte classes of the mail RFCs.

import Glibc

extension UInt8 {
    static var tab: UInt8 { UInt8(ascii: "\t") }
    static var lf: UInt8 { UInt8(ascii: "\n") }
    static var cr: UInt8 { UInt8(ascii: "\r") }
    static var space: UInt8 { UInt8(ascii: " ") }
    static var quote: UInt8 { UInt8(ascii: "\"") }
    static var backslash: UInt8 { UInt8(ascii: "\\") }
    static var dot: UInt8 { UInt8(ascii: ".") }
    static var hyphen: UInt8 { UInt8(ascii: "-") }
    static var equals: UInt8 { UInt8(ascii: "=") }
    static var at: UInt8 { UInt8(ascii: "@") }
    static var less: UInt8 { UInt8(ascii: "<") }
    static var greater: UInt8 { UInt8(ascii: ">") }

    var isControl: Bool { self < 0x20 || self == 0x7F }
    /// Space to tilde.
    var isPrintable: Bool { (0x20...0x7E).contains(self) }
    package var isLetterOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
    /// RFC 5322 §3.2.3 atext.
    var isAtext: Bool {
        if isLetterOrDigit { return true }
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="),
            UInt8(ascii: "?"),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
            UInt8(ascii: "}"),
            UInt8(ascii: "~"):
            return true
        default: return false
        }
    }
    package var asciiLowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension String {
    /// By memchr: bodies are long, and both API and draft ask.
    package var containsNUL: Bool {
        var text = self
        return text.withUTF8 { text in text.baseAddress.map { memchr($0, 0, text.count) != nil } ?? false }
    }
}

extension StringProtocol {
    /// Whether it holds anything that could end a header line or steer a terminal: C0, DEL, C1, and the line and
    /// paragraph separators. Looks at bytes: to a Character, CRLF is one and hides both.
    package var containsControls: Bool {
        if utf8.allSatisfy({ $0.isPrintable }) { return false }
        return unicodeScalars.contains { $0.isControl }
    }

    /// For showing: each of them left out.
    var withoutControls: String {
        containsControls ? String(String.UnicodeScalarView(unicodeScalars.filter { !$0.isControl })) : String(self)
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Looks from one occurrence of the word's first byte to the next; linear for words that do not begin twice.
    package func contains(word: String.UTF8View) -> Bool {
        guard let base = baseAddress, let first = word.first else { return false }
        var position = 0
        while position < count, let found = memchr(base + position, CInt(first), count - position) {
            let index = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            if self[index...].starts(with: word) { return true }
            position = index + 1
        }
        return false
    }
}

extension Sequence<UInt8> {
    /// Whether it is words with one separator between each two. Every message asks of several: nothing is split for it.
    func consistsOfWords(of isPart: (UInt8) -> Bool, separatedBy separator: UInt8) -> Bool {
        var isInWord = false
        for byte in self {
            guard byte == separator ? isInWord : isPart(byte) else { return false }
            isInWord = byte != separator
        }
        return isInWord
    }
}

extension Collection<UInt8> where Self: BidirectionalCollection {
    /// Without the spaces at both ends.
    var trimmingSpaces: SubSequence {
        let head = drop { $0 == .space }
        guard let last = head.lastIndex(where: { $0 != .space }) else { return head[head.startIndex..<head.startIndex] }
        return head[...last]
    }
}

extension String {
    /// Without the spaces at both ends.
    var trimmingSpaces: String {
        guard utf8.first == .space || utf8.last == .space else { return self }
        return String(decoding: utf8.trimmingSpaces, as: UTF8.self)
    }
}
