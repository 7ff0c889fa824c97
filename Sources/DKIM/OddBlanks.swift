// OddBlanks.swift — finds the blanks of a body that relaxed canonicalization may change: tabs, spaces in a row, spaces
// before a line end.

enum OddBlanks {
    private typealias Block = SIMD16<UInt8>

    /// The first tab, or space before a space or CR, at or behind `start`; nil if there is none. A space at the very end
    /// is not found.
    static func next(in body: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var position = start
        let bytes = UnsafeRawBufferPointer(body)
        // A block looks one byte ahead.
        while position + Block.scalarCount < bytes.count {
            if let offset = firstOffset(in: bytes, at: position) { return position + offset }
            position += Block.scalarCount
        }
        while position < body.count {
            if isOdd(body[position], before: position + 1 < body.count ? body[position + 1] : 0) { return position }
            position += 1
        }
        return nil
    }

    @inline(__always)
    private static func firstOffset(in bytes: UnsafeRawBufferPointer, at position: Int) -> Int? {
        let block = bytes.loadUnaligned(fromByteOffset: position, as: Block.self)
        let follower = bytes.loadUnaligned(fromByteOffset: position + 1, as: Block.self)
        let space = UInt8(ascii: " ")
        let isOdd =
            (block .== UInt8(ascii: "\t"))
            .| ((block .== space) .& ((follower .== space) .| (follower .== UInt8(ascii: "\r"))))
        // A mask's lane is all ones or all zeros: the first one bit tells the first lane.
        let words = unsafeBitCast(isOdd, to: SIMD2<UInt64>.self)
        if words[0] != 0 { return UInt64(littleEndian: words[0]).trailingZeroBitCount / 8 }
        if words[1] != 0 { return 8 + UInt64(littleEndian: words[1]).trailingZeroBitCount / 8 }
        return nil
    }

    @inline(__always)
    private static func isOdd(_ byte: UInt8, before follower: UInt8) -> Bool {
        byte == UInt8(ascii: "\t")
            || (byte == UInt8(ascii: " ") && (follower == UInt8(ascii: " ") || follower == UInt8(ascii: "\r")))
    }
}
