// OddBlanks.swift — finds the blanks of a body that relaxed canonicalization may change: tabs, spaces in a row, spaces
// before a line end.

enum OddBlanks {
    /// The first tab, or space before a space or CR, at or behind `start`; nil if there is none. A space at the very end
    /// is not found.
    static func next(in body: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var position = start
        // A block looks one byte ahead.
        while position + blockLength < body.count {
            if hasOdd(body, in: position) {
                return (position..<position + blockLength).first { isOdd(body[$0], before: body[$0 + 1]) }
            }
            position += blockLength
        }
        while position < body.count {
            if isOdd(body[position], before: position + 1 < body.count ? body[position + 1] : 0) { return position }
            position += 1
        }
        return nil
    }

    private static let blockLength = 16

    /// Whether one of the block's bytes is odd. Without a branch, so that the compiler makes vector instructions of it.
    @inline(__always)
    private static func hasOdd(_ body: UnsafeBufferPointer<UInt8>, in start: Int) -> Bool {
        var found: UInt8 = 0
        for i in 0..<blockLength {
            let (byte, follower) = (body[start &+ i], body[start &+ i &+ 1])
            let isTab: UInt8 = byte == UInt8(ascii: "\t") ? 1 : 0
            let isSpace: UInt8 = byte == UInt8(ascii: " ") ? 1 : 0
            let endsRow: UInt8 = follower == UInt8(ascii: " ") ? 1 : 0
            let endsLine: UInt8 = follower == UInt8(ascii: "\r") ? 1 : 0
            found |= isTab | (isSpace & (endsRow | endsLine))
        }
        return found != 0
    }

    @inline(__always)
    private static func isOdd(_ byte: UInt8, before follower: UInt8) -> Bool {
        byte == UInt8(ascii: "\t")
            || (byte == UInt8(ascii: " ") && (follower == UInt8(ascii: " ") || follower == UInt8(ascii: "\r")))
    }
}
