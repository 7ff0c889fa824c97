// RelaxedHeader.swift — header fields in the form that is signed (RFC 6376 §3.4.2, "relaxed").

enum RelaxedHeader {
    /// Appends `name:value` without a line end: the name in lower case, the value unfolded, each run of blanks one space,
    /// none at either end.
    static func append(name: some Sequence<UInt8>, value: some Collection<UInt8>, to canonical: inout [UInt8]) {
        for byte in name { canonical.append(byte.lowercased) }
        canonical.append(UInt8(ascii: ":"))
        let start = canonical.count
        var owesSpace = false
        var unread = value[...]
        while let byte = unread.popFirst() {
            if byte == UInt8(ascii: "\r"), unread.first == UInt8(ascii: "\n") {
                unread.removeFirst()
            } else if byte.isBlank {
                owesSpace = true
            } else {
                if owesSpace, canonical.count > start { canonical.append(UInt8(ascii: " ")) }
                owesSpace = false
                canonical.append(byte)
            }
        }
    }
}
