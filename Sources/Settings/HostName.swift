// HostName.swift — names that a machine may say of itself in EHLO.

import Glibc

package enum HostName {
    /// This machine's fully qualified name, lower case, as its resolver tells it; else what it calls itself; else
    /// `localhost`. May ask DNS, and then blocks for as long as that takes.
    package static func ofThisMachine() -> String {
        let own = nodeName()
        let names = [canonicalName(of: own), own].compactMap { $0?.lowercased() }.filter { isValid($0) }
        return names.first { $0.utf8.contains(UInt8(ascii: ".")) } ?? names.first ?? "localhost"
    }

    /// Whether it is a host name in ASCII: labels of letters, digits and inner hyphens (RFC 5321 §4.1.2 Domain), the
    /// last of which is not a number, so that it cannot be taken for an address (RFC 1123 §2.1).
    package static func isValid(_ name: String) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, let last = labels.last else { return false }
        return labels.allSatisfy(isLabel) && !last.allSatisfy(isDigit)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == hyphen }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func nodeName() -> String? {
        var name = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
        guard gethostname(&name, name.count) == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func canonicalName(of name: String?) -> String? {
        var hints = addrinfo()
        hints.ai_flags = AI_CANONNAME
        var first: UnsafeMutablePointer<addrinfo>?
        guard let name, getaddrinfo(name, nil, &hints, &first) == 0 else { return nil }
        defer { freeaddrinfo(first) }
        return first?.pointee.ai_canonname.map { String(cString: $0) }
    }
}
