// BodyHash.swift — the hash of a message's body in the form that is signed (RFC 6376 §3.4.4, "relaxed").
//
// Nearly all of a body is in that form already. So the scan looks only for blanks that must change, and what lies between
// two of them is hashed where it stands.

import Crypto

package enum BodyHash {
    package static let byteCount = SHA256.byteCount

    /// The 32 bytes of the `bh=` tag, before base64.
    ///
    /// `bodyStart` is the index behind the header's empty line. Lines must end in CRLF. The last line may lack its end.
    package static func relaxed(_ content: [UInt8], from bodyStart: Int) -> [UInt8] {
        content.withUnsafeBufferPointer { relaxed(UnsafeBufferPointer(rebasing: $0[bodyStart...])) }
    }

    static func relaxed(_ body: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var hash = GatheringHash()
        let body = withoutTrailingLines(body)
        // §3.4.4: an empty body has not even a line end.
        guard !body.isEmpty else { return hash.finalize() }
        var unhashed = 0
        while let blank = OddBlanks.next(in: body, from: unhashed) {
            let run = blankRun(around: blank, in: body, from: unhashed)
            let isTrailing = body.hasCRLF(at: run.upperBound)
            if !isTrailing, body[run.lowerBound] == UInt8(ascii: " ") {
                hash.append(UnsafeBufferPointer(rebasing: body[unhashed...run.lowerBound]))
            } else {
                hash.append(UnsafeBufferPointer(rebasing: body[unhashed..<run.lowerBound]))
                if !isTrailing { hash.append(UInt8(ascii: " ")) }
            }
            unhashed = run.upperBound
        }
        hash.append(UnsafeBufferPointer(rebasing: body[unhashed...]))
        hash.append(UInt8(ascii: "\r"))
        hash.append(UInt8(ascii: "\n"))
        return hash.finalize()
    }

    /// Up to the last byte that is neither a blank nor part of a line end: what follows is either at the end of its line
    /// or on an empty line.
    private static func withoutTrailingLines(_ body: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var end = body.count
        while end > 0 {
            if body[end - 1].isBlank {
                end -= 1
            } else if end > 1, body.hasCRLF(at: end - 2) {
                end -= 2
            } else {
                break
            }
        }
        return UnsafeBufferPointer(rebasing: body[..<end])
    }

    /// All blanks in a row. `body` does not end in one.
    private static func blankRun(
        around blank: Int, in body: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Range<Int> {
        var (lower, upper) = (blank, blank + 1)
        while lower > start, body[lower - 1].isBlank { lower -= 1 }
        while body[upper].isBlank { upper += 1 }
        return lower..<upper
    }
}

extension UnsafeBufferPointer<UInt8> {
    @inline(__always)
    func hasCRLF(at index: Int) -> Bool {
        index + 1 < count && self[index] == UInt8(ascii: "\r") && self[index + 1] == UInt8(ascii: "\n")
    }
}
