// Cursor.swift — where a list goes on: opaque to users, and good only for the list that gave it.

import Crypto
import Queue

/// A position in one list, as `next_cursor` gives it and `?cursor=` brings it back.
package struct Cursor: Hashable, Sendable {
    /// Which list; on the wire the first byte.
    package enum List: UInt8, Sendable, CaseIterable {
        case messages = 0x6D
        case attempts = 0x61
        case events = 0x65
        case messageEvents = 0x76
        case webhooks = 0x77
        case deliveries = 0x64
        case sandbox = 0x73
        case domains = 0x6E
        case apiKeys = 0x6B
        case projects = 0x70
        case suppressions = 0x75
    }

    let list: List
    /// What it means is up to the list; never negative.
    let position: Int64
    /// The rest of a position that is an id; 0 for other lists.
    let tail: UInt64

    init(_ list: List, _ position: Int64, tail: UInt64 = 0) {
        (self.list, self.position, self.tail) = (list, position, tail)
    }

    /// Nil for what `text` did not write for this list.
    init?(_ text: String, for list: List) {
        guard let bytes = Hex.decode(text), bytes.count == list.byteCount, bytes[0] == list.rawValue else { return nil }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        guard let position = Int64(exactly: number(bytes[1..<9])) else { return nil }
        self.init(list, position, tail: number(bytes[9...]))
    }

    var text: String {
        func bytes(of number: UInt64) -> [UInt8] {
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
        }
        let bytes = [list.rawValue] + bytes(of: UInt64(position)) + bytes(of: tail)
        return Hex.encode(Array(bytes.prefix(list.byteCount)))
    }
}

extension Cursor.List {
    fileprivate var byteCount: Int { self == .messages ? 17 : 9 }
}

extension Cursor {
    init(before id: MessageID) { self.init(.messages, Int64(truncatingIfNeeded: id.high), tail: id.low) }

    var message: MessageID { MessageID(high: UInt64(position), low: tail) }
}
