// TagList.swift — reads a `name=value; name=value` list (RFC 6376 §3.2).

struct TagList {
    private let tags: [String: [UInt8]]
    /// The name that stands first.
    let first: String?

    /// Nil for what the grammar does not know, and for a name that occurs twice. White space inside values is dropped:
    /// in the tags that we read it means nothing.
    init?(parsing text: [UInt8]) {
        var specs = text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        // One semicolon may close the list.
        if let last = specs.last, last.allSatisfy(\.isWhiteSpace) { specs.removeLast() }
        var tags: [String: [UInt8]] = [:]
        var first: String?
        for spec in specs {
            guard let (name, value) = Self.tag(spec), tags.updateValue(value, forKey: name) == nil else { return nil }
            first = first ?? name
        }
        (self.tags, self.first) = (tags, first)
    }

    subscript(name: String) -> [UInt8]? { tags[name] }

    /// The value as a list with colons between.
    func list(_ name: String) -> [String]? {
        tags[name]?.split(separator: UInt8(ascii: ":")).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func tag(_ spec: ArraySlice<UInt8>) -> (String, [UInt8])? {
        guard let equals = spec.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = trimmed(spec[..<equals])
        let value = spec[(equals + 1)...].filter { !$0.isWhiteSpace }
        guard let initial = name.first, initial.isLetter else { return nil }
        guard name.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }) else { return nil }
        guard value.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return (String(decoding: name, as: UTF8.self), value)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = bytes.drop(while: \.isWhiteSpace)
        guard let last = start.lastIndex(where: { !$0.isWhiteSpace }) else { return [] }
        return start[...last]
    }
}

extension UInt8 {
    /// FWS of RFC 6376 §2.8, line ends taken one by one.
    fileprivate var isWhiteSpace: Bool { isBlank || self == UInt8(ascii: "\r") || self == UInt8(ascii: "\n") }
    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
