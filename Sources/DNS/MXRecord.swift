// MXRecord.swift — one MX record (RFC 1035 §3.3.9).

import Address

package struct MXRecord: Hashable, Sendable {
    package let preference: UInt16
    /// Lower case, without the final dot; empty for the root, which stands for "none" (RFC 7505 §3).
    package let exchange: String

    init(preference: UInt16, exchange: String) { (self.preference, self.exchange) = (preference, exchange) }

    /// Nil when malformed, or when the exchange cannot be the name of a host. Underscores are let pass: such hosts exist.
    package init?(rdata: [UInt8]) {
        guard rdata.count >= 3 else { return nil }
        preference = UInt16(rdata[0]) << 8 | UInt16(rdata[1])
        var labels: [String] = []
        var rest = rdata[2...]
        while let length = rest.popFirst(), length > 0 {
            guard length <= 63, length <= rest.count else { return nil }
            let label = String(decoding: rest.prefix(Int(length)), as: UTF8.self).lowercased()
            guard label.utf8.allSatisfy(Self.isHostByte) else { return nil }
            labels.append(label)
            rest = rest.dropFirst(Int(length))
        }
        exchange = labels.joined(separator: ".")
    }

    package var isNull: Bool { exchange.isEmpty }

    /// `MX 10 192.0.2.1.` — forbidden (RFC 5321 §5.1) and common; there is no such top-level domain to find.
    var isAddress: Bool { IPAddress(exchange) != nil }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
