// Cursor.swift — where a list goes on: opaque to users, and good only for the list that gave it.

import Crypto
import Mail
import Queue

/// A place in one list, as `next_cursor` gives it and `?cursor=` brings it back.
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
        case destinations = 0x71
    }

    private let list: List
    /// What it means is up to the list.
    private let place: [UInt8]

    /// `position` is never negative.
    init(_ list: List, _ position: Int64) { (self.list, place) = (list, Self.bytes(of: UInt64(position))) }

    init(before id: MessageID) { (list, place) = (.messages, Self.bytes(of: id.high) + Self.bytes(of: id.low)) }

    /// That list is in the order of names, so that it has no numbers.
    init(after domain: Domain) { (list, place) = (.destinations, Array(domain.ascii.utf8)) }

    /// Nil for what `text` did not write for this list.
    init?(_ text: String, for list: List) {
        guard let bytes = Hex.decode(text), bytes.first == list.rawValue else { return nil }
        (self.list, place) = (list, Array(bytes.dropFirst()))
        guard list.has(place) else { return nil }
    }

    var text: String { Hex.encode([list.rawValue] + place) }
}

// MARK: Places

extension Cursor {
    var position: Int64 { Int64(truncatingIfNeeded: Self.number(place.prefix(8))) }
    var message: MessageID { MessageID(high: Self.number(place.prefix(8)), low: Self.number(place.dropFirst(8))) }
    /// A place among domains, be it one or not.
    var domain: Domain { Domain(trusted: String(decoding: place, as: UTF8.self)) }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    private static func bytes(of number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }
}

extension Cursor.List {
    fileprivate func has(_ place: [UInt8]) -> Bool {
        switch self {
        case .messages: place.count == 16 && place[0] < 0x80
        // RFC 1035 §3.1 — no domain is longer.
        case .destinations: (1...255).contains(place.count) && place.allSatisfy { (0x20...0x7E).contains($0) }
        case .attempts, .events, .messageEvents, .webhooks, .deliveries, .sandbox, .domains, .apiKeys, .projects,
            .suppressions:
            place.count == 8 && place[0] < 0x80
        }
    }
}
