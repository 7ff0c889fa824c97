// CSV.swift — comma-separated values (RFC 4180), read strictly and written so that no spreadsheet takes a field for a formula.
//
// A field that begins with one of `= + - @`, a tab, a CR or an apostrophe is written with an apostrophe before it; reading takes
// off one that stands before such a character. So what was written reads as it was.

/// Rows of text under a header.
struct CSVTable: Sendable {
    struct Row: Sendable {
        /// Where it begins, counted from 1.
        let line: Int
        let fields: [String]
    }

    struct Violation: Error, CustomStringConvertible {
        let line: Int
        let what: String
        var description: String { "Line \(line) of the CSV: \(what)" }
    }

    let header: [String]
    /// Without empty lines.
    let rows: [Row]
    /// There are more rows, which have not been read.
    let isCut: Bool

    /// Of a row; whoever sends megabytes of commas is not read to their end.
    static let maximumFields = 100

    /// UTF-8, with or without a byte order mark; lines end with CRLF, LF or CR. Reads `limit` rows at most.
    init(_ bytes: [UInt8], limit: Int) throws(Violation) {
        var reader = CSVReader(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
        var rows: [Row] = []
        var isCut = false
        while !isCut, let row = try reader.next() {
            guard row.fields != [""] else { continue }
            isCut = rows.count > limit
            if !isCut { rows.append(row) }
        }
        self.isCut = isCut
        header = rows.first?.fields ?? []
        self.rows = Array(rows.dropFirst())
    }
}

private struct CSVReader {
    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private var line = 1

    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, index) = (bytes, bytes.startIndex) }

    private var byte: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    /// Nil at the end.
    mutating func next() throws(CSVTable.Violation) -> CSVTable.Row? {
        guard byte != nil else { return nil }
        let start = line
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard fields.count <= CSVTable.maximumFields else {
                throw CSVTable.Violation(line: start, what: "it has more than \(CSVTable.maximumFields) fields.")
            }
            switch byte {
            case UInt8(ascii: ","): index += 1
            case nil: return CSVTable.Row(line: start, fields: fields)
            default:
                endLine()
                return CSVTable.Row(line: start, fields: fields)
            }
        }
    }

    private mutating func field() throws(CSVTable.Violation) -> String {
        let content = byte == UInt8(ascii: "\"") ? try quoted() : plain()
        guard let text = String(validating: content, as: UTF8.self) else {
            throw CSVTable.Violation(line: line, what: "it is not UTF-8.")
        }
        return CSVText.isGuarded(text) ? String(text.dropFirst()) : text
    }

    private mutating func plain() -> [UInt8] {
        let rest = bytes[index...]
        let content = rest.prefix { $0 != UInt8(ascii: ",") && $0 != 0x0D && $0 != 0x0A }
        index = content.endIndex
        return Array(content)
    }

    private mutating func quoted() throws(CSVTable.Violation) -> [UInt8] {
        let start = line
        var content: [UInt8] = []
        index += 1
        while let next = byte {
            guard next == UInt8(ascii: "\"") else {
                if next == 0x0A { line += 1 }
                content.append(next)
                index += 1
                continue
            }
            index += 1
            guard byte == UInt8(ascii: "\"") else { break }
            content.append(UInt8(ascii: "\""))
            index += 1
        }
        guard bytes[index - 1] == UInt8(ascii: "\""), index - 1 > bytes.startIndex else {
            throw CSVTable.Violation(line: start, what: "a quote is not closed.")
        }
        guard [nil, UInt8(ascii: ","), 0x0D, 0x0A].contains(byte) else {
            throw CSVTable.Violation(line: line, what: "something follows a closing quote.")
        }
        return content
    }

    private mutating func endLine() {
        if byte == 0x0D { index += 1 }
        if byte == 0x0A { index += 1 }
        line += 1
    }
}

/// CSV as it is written: CRLF after each line.
struct CSVText {
    private(set) var bytes: [UInt8] = []

    /// Rows that follow others.
    init() {}

    init(_ header: [String]) { append(header) }

    mutating func append(_ fields: [String]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(field)
        }
        bytes += [0x0D, 0x0A]
    }

    private mutating func append(_ field: String) {
        let text = field.utf8.first.map(Self.wakes) == true ? "'" + field : field
        let mustQuote = text.utf8.contains { [0x22, 0x2C, 0x0D, 0x0A].contains($0) }
        if mustQuote { bytes.append(0x22) }
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        if mustQuote { bytes.append(0x22) }
    }

    /// Whether a spreadsheet would make a formula of what begins so, or we an apostrophe of ours.
    private static func wakes(_ byte: UInt8) -> Bool { "=+-@\t\r'".utf8.contains(byte) }

    /// An apostrophe that `append` has put there.
    static func isGuarded(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "'") && text.utf8.dropFirst().first.map(wakes) == true
    }
}
