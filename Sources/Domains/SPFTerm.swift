// SPFTerm.swift — one term of an SPF record (RFC 7208 §4.6.1), read just far enough to know whether it is well formed.

import Address
import Mail

enum SPFTerm: Equatable {
    /// `passes`: the qualifier is `+`, or there is none. `mechanism`: lower case, without qualifier, prefix lengths and
    /// final dot: `a:mx.acme.example`, `all`.
    case directive(passes: Bool, mechanism: String)
    /// `name`: lower case.
    case modifier(name: String)

    /// Nil if it is no term: receivers then treat the whole record as broken (§4.6).
    init?(_ text: some Collection<UInt8>) {
        var term = text.map(\.asciiLowercased)
        guard term.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        if let modifier = Self.modifier(term) {
            self = modifier
            return
        }
        let qualifier = term.first.flatMap { "+-?~".utf8.contains($0) ? $0 : nil }
        if qualifier != nil { term.removeFirst() }
        guard let mechanism = Self.mechanism(term) else { return nil }
        self = .directive(passes: qualifier ?? .plus == .plus, mechanism: mechanism)
    }

    /// Whether a receiver asks DNS for it: ten such at most (§4.6.4).
    var asksDNS: Bool {
        switch self {
        case .directive(_, let mechanism):
            ["a", "mx", "ptr", "include", "exists"].contains(String(mechanism.prefix { $0 != ":" }))
        case .modifier(let name): name == "redirect"
        }
    }

    /// `name=value`; of unknown names too, which mean nothing (§6).
    private static func modifier(_ term: [UInt8]) -> SPFTerm? {
        let name = term.prefix { $0 != .equals }
        guard name.count < term.count, let first = name.first, isLetter(first),
            name.allSatisfy({ isLetter($0) || isDigit($0) || "-_.".utf8.contains($0) })
        else { return nil }
        let value = term.dropFirst(name.count + 1), text = String(decoding: name, as: UTF8.self)
        if text == "redirect" || text == "exp" { guard isDomain(value) else { return nil } }
        return hasSoundMacros(value) ? .modifier(name: text) : nil
    }

    private static func mechanism(_ term: [UInt8]) -> String? {
        let name = term.prefix { isLetter($0) || isDigit($0) }
        let rest = term.dropFirst(name.count)
        let isRight =
            switch String(decoding: name, as: UTF8.self) {
            case "all": rest.isEmpty
            case "include", "exists": rest.first == .colon && isDomain(rest.dropFirst())
            case "ptr": rest.isEmpty || rest.first == .colon && isDomain(rest.dropFirst())
            case "a", "mx": isHost(rest)
            case "ip4": isNetwork(rest, isIPv6: false)
            case "ip6": isNetwork(rest, isIPv6: true)
            default: false
            }
        guard isRight else { return nil }
        var bare = Array(term.prefix { $0 != .slash })
        if bare.last == .dot { bare.removeLast() }
        return String(decoding: bare, as: UTF8.self)
    }

    // MARK: Arguments

    /// `[:domain][/n][//n]`
    private static func isHost(_ text: ArraySlice<UInt8>) -> Bool {
        let domain = text.prefix { $0 != .slash }
        guard domain.isEmpty || domain.first == .colon && isDomain(domain.dropFirst()) else { return false }
        var lengths = text.dropFirst(domain.count)
        if lengths.starts(with: [.slash, .slash]) { return isLength(lengths.dropFirst(2), atMost: 128) }
        guard !lengths.isEmpty else { return true }
        lengths.removeFirst()
        let first = lengths.prefix { $0 != .slash }, second = lengths.dropFirst(first.count)
        guard isLength(first, atMost: 32) else { return false }
        return second.isEmpty
            || second.starts(with: [.slash, .slash]) && isLength(second.dropFirst(2), atMost: 128)
    }

    /// `:address[/n]`
    private static func isNetwork(_ text: ArraySlice<UInt8>, isIPv6: Bool) -> Bool {
        guard text.first == .colon else { return false }
        let address = text.dropFirst().prefix { $0 != .slash }, length = text.dropFirst(1 + address.count)
        guard let parsed = IPAddress(String(decoding: address, as: UTF8.self)), parsed.isIPv6 == isIPv6 else {
            return false
        }
        return length.isEmpty || isLength(length.dropFirst(), atMost: isIPv6 ? 128 : 32)
    }

    private static func isLength(_ text: ArraySlice<UInt8>, atMost maximum: Int) -> Bool {
        guard (1...3).contains(text.count), text.allSatisfy(isDigit) else { return false }
        if text.count > 1, text.first == UInt8(ascii: "0") { return false }
        return text.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= maximum
    }

    /// A domain-spec (§7.1): it ends in a top label or in a macro, which is as much as is looked at.
    private static func isDomain(_ text: ArraySlice<UInt8>) -> Bool {
        guard !text.isEmpty, hasSoundMacros(text) else { return false }
        guard text.last != UInt8(ascii: "}") else { return true }
        let labels = (text.last == .dot ? text.dropLast() : text).split(
            separator: .dot, omittingEmptySubsequences: false)
        guard let top = labels.last, labels.count > 1, !top.isEmpty else { return false }
        return top.allSatisfy { isLetter($0) || isDigit($0) || $0 == .hyphen } && !top.allSatisfy(isDigit)
    }

    /// `%` begins `%%`, `%_`, `%-` or `%{…}`.
    private static func hasSoundMacros(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[(percent + 1)...]
            guard let next = rest.popFirst() else { return false }
            if "%_-".utf8.contains(next) { continue }
            guard next == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")), end > rest.startIndex
            else { return false }
            rest = rest[(end + 1)...]
        }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension UInt8 {
    fileprivate static let plus = UInt8(ascii: "+")
    fileprivate static let hyphen = UInt8(ascii: "-")
    fileprivate static let dot = UInt8(ascii: ".")
    fileprivate static let equals = UInt8(ascii: "=")
    fileprivate static let colon = UInt8(ascii: ":")
    fileprivate static let slash = UInt8(ascii: "/")
}
