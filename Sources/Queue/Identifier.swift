// Identifier.swift — the ids that users see: a prefix and 26 Crockford base32 characters of a UUIDv7.

/// Which of our things an identifier names; gives it its prefix.
package protocol Identified { static var prefix: String { get } }
package enum MessageKind: Identified { package static let prefix = "msg" }
package enum RecipientIDKind: Identified { package static let prefix = "rcp" }
package enum AttemptKind: Identified { package static let prefix = "att" }
package enum EventKind: Identified { package static let prefix = "evt" }
package enum EndpointKind: Identified { package static let prefix = "whk" }
package enum DomainKind: Identified { package static let prefix = "dom" }
package enum ProjectKind: Identified { package static let prefix = "prj" }
package enum APIKeyKind: Identified { package static let prefix = "key" }

package typealias MessageID = Identifier<MessageKind>
package typealias RecipientID = Identifier<RecipientIDKind>
package typealias AttemptID = Identifier<AttemptKind>
package typealias EventID = Identifier<EventKind>
package typealias EndpointID = Identifier<EndpointKind>
package typealias DomainID = Identifier<DomainKind>
package typealias ProjectUID = Identifier<ProjectKind>
package typealias APIKeyID = Identifier<APIKeyKind>

/// A UUIDv7 (RFC 9562 §5.7) that names one kind of thing. Sorts by the time it was made.
package struct Identifier<Kind: Identified>: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The first and the last eight bytes, big-endian.
    package let high: UInt64
    package let low: UInt64

    /// A new identifier of this moment: 48 bits of milliseconds, 74 random bits.
    package init(at time: Timestamp) {
        let (first, second) = RandomWords.shared.two()
        high = UInt64(truncatingIfNeeded: time.milliseconds) << 16 | 0x7000 | first & 0x0FFF
        low = 1 << 63 | second >> 2
    }

    /// The 16 bytes as the store keeps them; nil if there are not just 16.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    package var bytes: [UInt8] {
        (0..<16).map { i in UInt8(truncatingIfNeeded: (i < 8 ? high : low) >> (56 - 8 * (UInt64(i) & 7))) }
    }

    package static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// `msg_01K…`: 128 bits in 26 characters, the first of which holds three bits.
    package var description: String {
        let digits = Crockford.digits
        let value = UInt128(high) << 64 | UInt128(low)
        return String(unsafeUninitializedCapacity: Kind.prefix.utf8.count + 27) { text in
            var end = 0
            for byte in Kind.prefix.utf8 { text[end] = byte; end += 1 }
            text[end] = UInt8(ascii: "_"); end += 1
            for shift in stride(from: 125, through: 0, by: -5) {
                text[end] = digits[Int(truncatingIfNeeded: value >> UInt128(shift)) & 31]; end += 1
            }
            return end
        }
    }

    /// `01K…`: its description without what it names.
    package var unprefixed: Substring { Substring(description.utf8.dropFirst(Kind.prefix.utf8.count + 1)) }

    /// Reads what `description` wrote, in either case; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let utf8 = Array(text.utf8), prefix = Array(Kind.prefix.utf8) + [UInt8(ascii: "_")]
        guard utf8.count == prefix.count + 26, utf8.starts(with: prefix) else { return nil }
        var value: UInt128 = 0
        for (i, byte) in utf8[prefix.count...].enumerated() {
            guard let digit = Crockford.value(of: byte), i > 0 || digit < 8 else { return nil }
            value = value << 5 | UInt128(digit)
        }
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
    }
}
