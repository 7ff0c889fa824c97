// DNSAnswer.swift — what a question to DNS may come to.

package enum RecordType: Int32, Sendable {
    case a = 1
    case mx = 15
    case txt = 16
    case aaaa = 28
}

package enum DNSAnswer: Hashable, Sendable {
    /// CNAMEs have been followed; the records are those of the name they lead to.
    case records(RecordSet)
    /// The name exists, records of that type do not.
    case noData(ttl: Int)
    case noSuchDomain(ttl: Int)
    /// We do not know: SERVFAIL, no answer in time, or a signature that does not hold. Worth asking again later.
    case failed(reason: String)
}

package struct RecordSet: Hashable, Sendable {
    /// Each record's RDATA (RFC 1035 §3.3), names uncompressed; never empty.
    package var rdata: [[UInt8]]
    /// Seconds.
    package var ttl: Int
    /// Signed from the trust anchor down, and checked.
    package var isSecure: Bool
    package init(rdata: [[UInt8]], ttl: Int, isSecure: Bool) {
        (self.rdata, self.ttl, self.isSecure) = (rdata, ttl, isSecure)
    }
}
