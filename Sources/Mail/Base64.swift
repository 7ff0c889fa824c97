// Base64.swift — bytes as base64 (RFC 2045 §6.8), in a row or in lines.

enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// The two characters of each 12 bits, in the order of memory: half the look-ups of one at a time.
    private static let pairs: [UInt16] = (0..<4096).map { bits in
        UInt16(littleEndian: UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8)
    }
    /// 76 characters a line.
    private static let bytesPerLine = 57

    /// Encoded bytes of `count` bytes in lines, with their CRLFs.
    static func lineCount(_ count: Int) -> Int {
        (count + 2) / 3 * 4 + (count + bytesPerLine - 1) / bytesPerLine * 2
    }

    /// Appends the encoding of all of `source`, without line ends.
    static func append(_ source: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        guard let start = source.baseAddress, !source.isEmpty else { return }
        bytes.append(addingCapacity: (source.count + 2) / 3 * 4) { output in
            output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let end = buffer.baseAddress.map({ UnsafeMutableRawPointer($0 + initialized) }) else { return }
                initialized += write(start, source.count, to: end)
            }
        }
    }

    /// Appends lines of at most 76 characters, each with its CRLF.
    static func appendLines(_ source: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        guard let start = source.baseAddress, !source.isEmpty else { return }
        bytes.append(addingCapacity: lineCount(source.count)) { output in
            output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard var end = buffer.baseAddress.map({ UnsafeMutableRawPointer($0 + initialized) }) else { return }
                for position in stride(from: 0, to: source.count, by: bytesPerLine) {
                    let written = write(start + position, min(bytesPerLine, source.count - position), to: end)
                    end += written
                    end.storeBytes(of: UInt16(littleEndian: 0x0A0D), as: UInt16.self)
                    end += 2
                    initialized += written + 2
                }
            }
        }
    }

    /// Writes the encoding of `count` bytes, for which there must be room; returns its length.
    private static func write(_ source: UnsafePointer<UInt8>, _ count: Int, to output: UnsafeMutableRawPointer) -> Int {
        pairs.withUnsafeBufferPointer { pairs in
            var (from, to) = (0, 0)
            while from + 3 <= count {
                let group = Int(source[from]) << 16 | Int(source[from + 1]) << 8 | Int(source[from + 2])
                output.storeBytes(of: pairs[group >> 12], toByteOffset: to, as: UInt16.self)
                output.storeBytes(of: pairs[group & 0xFFF], toByteOffset: to + 2, as: UInt16.self)
                (from, to) = (from + 3, to + 4)
            }
            guard from < count else { return to }
            let hasTwo = from + 1 < count
            let group = Int(source[from]) << 16 | (hasTwo ? Int(source[from + 1]) << 8 : 0)
            output.storeBytes(of: pairs[group >> 12], toByteOffset: to, as: UInt16.self)
            output.storeBytes(of: hasTwo ? alphabet[group >> 6 & 63] : .equals, toByteOffset: to + 2, as: UInt8.self)
            output.storeBytes(of: .equals, toByteOffset: to + 3, as: UInt8.self)
            return to + 4
        }
    }
}
