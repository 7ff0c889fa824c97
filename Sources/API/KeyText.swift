// KeyText.swift — what a key looks like: `pr_live_`, 24 letters or digits by chance, and six that check the others.
//
// 24 of 62 letters are 142 bits. The checksum (CRC-32, as GitHub's tokens have it) keeps nobody out; by it a key that was
// mistyped or cut can be told from one that is not known any more, and scanners for secrets find ours.

import Queue

struct KeyText: Sendable {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    private static let randomCount = 24
    private static let checksumCount = 6
    /// Characters after the mode's that a key is shown by.
    private static let shownCount = 4

    let text: String
    /// The first characters, which a key may be known again by.
    let shown: String

    /// A new one, that nobody can guess.
    init(making mode: KeyMode) {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<Self.randomCount).map { _ in
            Self.digits[Int.random(in: Self.digits.indices, using: &generator)]
        }
        let checked = Array(mode.keyPrefix.utf8) + random
        text = String(decoding: checked + Self.checksum(of: checked), as: UTF8.self)
        shown = String(text.prefix(mode.keyPrefix.count + Self.shownCount))
    }

    /// How what came as a key was meant.
    enum Form: Sendable {
        /// Made by a program like this one, here or elsewhere.
        case whole
        /// Once made so, but cut or mistyped.
        case damaged
        /// Nothing of ours.
        case foreign
    }

    static func form(of bytes: [UInt8]) -> Form {
        guard let mode = KeyMode.allCases.first(where: { bytes.starts(with: $0.keyPrefix.utf8) }) else {
            return .foreign
        }
        let length = mode.keyPrefix.utf8.count + randomCount
        guard bytes.count == length + checksumCount else { return .damaged }
        return checksum(of: Array(bytes[..<length])) == Array(bytes[length...]) ? .whole : .damaged
    }

    /// 62⁶ is more than 2³².
    private static func checksum(of bytes: [UInt8]) -> [UInt8] {
        var value = crc32(of: bytes)
        var text: [UInt8] = []
        for _ in 0..<checksumCount {
            text.insert(digits[Int(value % 62)], at: 0)
            value /= 62
        }
        return text
    }
}

extension KeyMode {
    /// What a key begins with, so that whoever sees one knows what it can do.
    var keyPrefix: String {
        switch self {
        case .live: "pr_live_"
        case .sandbox: "pr_sandbox_"
        }
    }
}

/// As zlib, PNG and Ethernet have it (ISO 3309), bit by bit: keys are short.
private func crc32(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { remainder, byte in
        (0..<8).reduce(remainder ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
}
