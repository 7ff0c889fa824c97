// TXTRecord.swift — one TXT record (RFC 1035 §3.3.14).

package struct TXTRecord: Hashable, Sendable {
    /// Its strings, joined as SPF (RFC 7208 §3.3), DKIM (RFC 6376 §3.6.2.2) and DMARC read them. Any bytes.
    package let bytes: [UInt8]

    /// Nil when malformed: a record has one string at least, and each as many bytes as its length says.
    package init?(rdata: [UInt8]) {
        var joined: [UInt8] = []
        joined.reserveCapacity(rdata.count)
        var rest = rdata[...]
        guard !rest.isEmpty else { return nil }
        while let length = rest.popFirst() {
            guard Int(length) <= rest.count else { return nil }
            joined += rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
        }
        bytes = joined
    }
}
