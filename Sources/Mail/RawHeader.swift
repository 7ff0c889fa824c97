// RawHeader.swift — the header of a message that somebody else composed, taken apart at its lines (RFC 5322 §2.2).

struct RawHeader {
    struct Field {
        /// Lower case.
        let name: String
        /// All its lines with their CRLFs.
        var range: Range<Int>
        /// Behind the colon.
        let valueStart: Int
    }

    private(set) var fields: [Field] = []
    /// Behind the last field: the index of the empty line, or of the end where there is none.
    private(set) var end = 0

    /// Reads up to the empty line. `message` has CRLF line ends only, but for a last line without end.
    init(of message: UnsafeBufferPointer<UInt8>) throws(RawMessageError) {
        guard !message.starts(with: "From ".utf8) else { throw .mboxLine }
        var number = 0
        for line in TextLines(message) {
            guard let first = line.first else { break }
            number += 1
            let range = end..<min(end + line.count + 2, message.count)
            if first.isSpaceOrTab {
                guard let last = fields.indices.last else { throw .notAField(line: number) }
                fields[last].range = fields[last].range.lowerBound..<range.upperBound
            } else {
                guard let name = Self.name(of: line) else { throw .notAField(line: number) }
                let lowered = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
                fields.append(Field(name: lowered, range: range, valueStart: end + name.count + 1))
            }
            end = range.upperBound
            guard end <= MessageComposer.headerLimit else { throw .headerTooLong }
        }
        guard !fields.isEmpty else { throw .noHeader }
    }

    /// RFC 5322 §3.6.8 — printable ASCII before a colon. The space before the colon of §4.5 is refused: programs differ in
    /// whether they see the field.
    private static func name(of line: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
        let name = line[..<colon]
        return name.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? name : nil
    }

    func first(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// The value unfolded (§2.2.3), without the white space at its ends.
    func value(of field: Field, in message: [UInt8]) -> [UInt8] {
        let unfolded = message[field.valueStart..<field.range.upperBound].filter { $0 != .cr && $0 != .lf }
        let head = unfolded.drop { $0.isSpaceOrTab }
        return head.lastIndex { !$0.isSpaceOrTab }.map { Array(head[...$0]) } ?? []
    }
}
