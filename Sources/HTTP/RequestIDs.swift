// RequestIDs.swift — `req_` and 64 bits that no other request has, without asking the kernel for each.

struct RequestIDs: Sendable {
    private var state = UInt64.random(in: .min ... .max)

    /// SplitMix64: its output is a permutation of its state, so one connection never repeats an id, and two would have
    /// to meet by chance.
    mutating func next() -> String {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return String(unsafeUninitializedCapacity: 20) { text in
            _ = text.initialize(from: "req_".utf8)
            for index in 4..<20 {
                let digit = UInt8(truncatingIfNeeded: bits & 0xF)
                text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                bits >>= 4
            }
            return 20
        }
    }
}
