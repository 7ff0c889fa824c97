// Cursor.swift — where a list goes on: opaque to users, and good only for the list that gave it.

import Crypto

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
    }

    let list: List
    /// What it means is up to the list; never negative.
    let position: Int64

    init(_ list: List, _ position: Int64) { (self.list, self.position) = (list, position) }

    /// Nil for what `text` did not write for this list.
    init?(_ text: String, for list: List) {
        guard let bytes = Hex.decode(text), bytes.count == 9, bytes[0] == list.rawValue else { return nil }
        let position = bytes[1...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let position = Int64(exactly: position) else { return nil }
        self.init(list, position)
    }

    var text: String {
        Hex.encode(
            [list.rawValue] + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: position >> $0) })
    }
}
