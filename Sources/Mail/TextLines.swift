// TextLines.swift — the lines of a text whose writer may have ended them in CRLF, CR or LF.

import Glibc

/// Yields each line without its end. Text that ends in a line end has no empty line behind it.
struct TextLines: Sequence, IteratorProtocol {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The first LF at or behind `position`, or the end: looked up once, however many CRs stand before it.
    private var nextLF = -1

    /// `text` must outlive the iteration.
    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func next() -> UnsafeBufferPointer<UInt8>? {
        guard position < text.count else { return nil }
        if nextLF < position { nextLF = index(of: .lf, in: position..<text.count) }
        let start = position
        let end = index(of: .cr, in: start..<nextLF)
        position = end + 1 == nextLF ? nextLF + 1 : end + 1
        return UnsafeBufferPointer(rebasing: text[start..<end])
    }

    /// Appends each line of `text` with CRLF, the last one too.
    static func appendCanonical(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        for line in TextLines(text) {
            bytes.append(contentsOf: line)
            bytes.append(.cr)
            bytes.append(.lf)
        }
    }

    /// The upper bound, if it is not there.
    private func index(of byte: UInt8, in range: Range<Int>) -> Int {
        guard let base = text.baseAddress, let found = memchr(base + range.lowerBound, CInt(byte), range.count) else {
            return range.upperBound
        }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
}

extension [UInt8] {
    /// With CRLF at the end of every line, but for a last one that has no end.
    var withCanonicalLines: [UInt8] {
        withUnsafeBufferPointer { text in
            let survey = LineSurvey(text)
            guard !survey.isCanonical else { return self }
            var canonical: [UInt8] = []
            canonical.reserveCapacity(survey.canonicalCount)
            TextLines.appendCanonical(text, to: &canonical)
            if let last = text.last, last != .lf, last != .cr { canonical.removeLast(2) }
            return canonical
        }
    }
}

/// What can be told of a text's lines without changing them.
struct LineSurvey {
    /// Whether CRLF, and nothing else, ends every line but the last, which may have no end.
    let isCanonical: Bool
    /// Bytes of the longest line, without its end.
    let longest: Int
    /// Bytes of the text if CRLF ended every line, the last one too.
    let canonicalCount: Int

    init(_ text: UnsafeBufferPointer<UInt8>) {
        var longest = 0
        var canonicalCount = 0
        for line in TextLines(text) {
            longest = max(longest, line.count)
            canonicalCount += line.count + 2
        }
        // A bare CR or LF is one byte shorter than CRLF, a missing end two.
        let isUnfinished = text.last.map { $0 != .lf && $0 != .cr } ?? false
        (self.longest, self.canonicalCount) = (longest, canonicalCount)
        isCanonical = canonicalCount == text.count + (isUnfinished ? 2 : 0)
    }
}
