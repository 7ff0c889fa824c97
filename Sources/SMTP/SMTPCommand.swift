// SMTPCommand.swift — a client's command line, read strictly by the grammar of RFC 5321 §4.1.

import Mail

enum SMTPCommand: Hashable {
    case helo(String)
    case ehlo(String)
    case startTLS
    case mail(ReversePath, MailParameters)
    case recipient(Mailbox)
    case data
    case reset
    case noop
    case verify
    case quit

    struct MailParameters: Hashable {
        var size: Int?
        /// SMTPUTF8 (RFC 6531 §3.4).
        var isInternationalized = false
        /// XORIGIN.
        var origin: String?
    }

    struct Refusal: Error, Hashable {
        let reply: Reply
        init(_ code: Int, _ text: String) { reply = Reply(code, text) }
        static let syntax = Refusal(501, "5.5.4 Syntax error in parameters")
    }

    /// `line` is without its CRLF.
    init(_ line: [UInt8]) throws(Refusal) {
        guard !line.contains(where: \.isControl) else { throw Refusal(500, "5.5.2 Control characters in the command") }
        let verb = line.prefix { $0 != UInt8(ascii: " ") }
        let rest = line.dropFirst(verb.count + 1)
        switch String(decoding: verb, as: UTF8.self).uppercased() {
        case "HELO": self = .helo(try Self.name(rest))
        case "EHLO": self = .ehlo(try Self.name(rest))
        case "MAIL": self = try Self.mail(rest)
        case "RCPT": self = try Self.recipient(rest)
        case "NOOP": self = .noop
        case "VRFY": self = .verify
        case "DATA": self = try Self.bare(.data, rest)
        case "RSET": self = try Self.bare(.reset, rest)
        case "QUIT": self = try Self.bare(.quit, rest)
        case "STARTTLS": self = try Self.bare(.startTLS, rest)
        default: throw Refusal(500, "5.5.2 Command not recognized")
        }
    }

    private static func bare(_ command: SMTPCommand, _ rest: ArraySlice<UInt8>) throws(Refusal) -> SMTPCommand {
        guard rest.isEmpty else { throw .syntax }
        return command
    }

    private static func name(_ rest: ArraySlice<UInt8>) throws(Refusal) -> String {
        guard !rest.isEmpty, rest.count <= 255, !rest.contains(UInt8(ascii: " ")) else { throw .syntax }
        return String(decoding: rest, as: UTF8.self)
    }

    private static func mail(_ rest: ArraySlice<UInt8>) throws(Refusal) -> SMTPCommand {
        let (path, words) = try pathAndParameters(rest, after: "FROM:<")
        let parameters = try mailParameters(words)
        if path.isEmpty { return .mail(.null, parameters) }
        guard let mailbox = Mailbox(smtpPath: path) else { throw Refusal(501, "5.1.7 Bad reverse-path") }
        return .mail(.mailbox(mailbox), parameters)
    }

    private static func mailParameters(_ all: [ArraySlice<UInt8>]) throws(Refusal) -> MailParameters {
        var parameters = MailParameters()
        for parameter in all {
            let words = parameter.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = words.count == 2 ? words[1] : []
            switch String(decoding: words[0], as: UTF8.self).uppercased() {
            case "SIZE":
                guard let bytes = Int(asciiDigits: value) else { throw .syntax }
                parameters.size = bytes
            case "BODY":
                guard ["7BIT", "8BITMIME"].contains(String(decoding: value, as: UTF8.self).uppercased()) else {
                    throw .syntax
                }
            case "XORIGIN" where !value.isEmpty: parameters.origin = String(decoding: value, as: UTF8.self)
            case "SMTPUTF8" where words.count == 1: parameters.isInternationalized = true
            default: throw Refusal(555, "5.5.4 Unsupported parameter")
            }
        }
        return parameters
    }

    private static func recipient(_ rest: ArraySlice<UInt8>) throws(Refusal) -> SMTPCommand {
        let (path, parameters) = try pathAndParameters(rest, after: "TO:<")
        guard parameters.isEmpty else { throw Refusal(555, "5.5.4 Unsupported parameter") }
        guard let mailbox = Mailbox(smtpPath: path) else { throw Refusal(501, "5.1.3 Bad forward-path") }
        return .recipient(mailbox)
    }

    /// What stands between `<` and the `>` that no quotes hide, and the words after it.
    private static func pathAndParameters(
        _ rest: ArraySlice<UInt8>, after prefix: String
    ) throws(Refusal) -> (ArraySlice<UInt8>, [ArraySlice<UInt8>]) {
        let start = rest.prefix(prefix.utf8.count)
        guard String(decoding: start, as: UTF8.self).uppercased() == prefix else { throw .syntax }
        var (isQuoted, isEscaped) = (false, false)
        let path = rest.dropFirst(start.count).prefix { byte in
            defer { isEscaped = isQuoted && !isEscaped && byte == UInt8(ascii: "\\") }
            if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
            return byte != UInt8(ascii: ">") || isQuoted
        }
        guard path.endIndex < rest.endIndex else { throw .syntax }
        let parameters = rest[(path.endIndex + 1)...]
        guard parameters.isEmpty || parameters.first == UInt8(ascii: " ") else { throw .syntax }
        return (path, parameters.split(separator: UInt8(ascii: " ")))
    }
}

extension Mailbox {
    /// RFC 5321 §4.1.2 Mailbox, with UTF-8 in the local-part (RFC 6531 §3.3); no source routes. At most 64 bytes
    /// before the @, 255 after it (§4.5.3.1).
    init?(smtpPath path: ArraySlice<UInt8>) {
        guard let at = path.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let (local, domain) = (path[..<at], path[(at + 1)...])
        guard (1...64).contains(local.count), (1...255).contains(domain.count), local.isLocalPart, domain.isDomain,
            let localPart = String(validating: local, as: UTF8.self)
        else { return nil }
        self.init(localPart: localPart, domain: Domain(trusted: String(decoding: domain, as: UTF8.self).lowercased()))
    }
}

extension ArraySlice<UInt8> {
    fileprivate var isLocalPart: Bool { first == UInt8(ascii: "\"") ? isQuotedString : isDotString }

    private var isDotString: Bool {
        let specials = "!#$%&'*+-/=?^_`{|}~".utf8
        return split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.allSatisfy { $0.isLetterOrDigit || $0 >= 0x80 || specials.contains($0) }
        }
    }

    private var isQuotedString: Bool {
        var isEscaped = false
        let inner = dropFirst().dropLast()
        guard count >= 2, last == UInt8(ascii: "\"") else { return false }
        for byte in inner {
            if byte == UInt8(ascii: "\""), !isEscaped { return false }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        }
        return !isEscaped
    }

    fileprivate var isDomain: Bool {
        if first == UInt8(ascii: "["), last == UInt8(ascii: "]") {
            return dropFirst().dropLast().allSatisfy { $0.isLetterOrDigit || ".:".utf8.contains($0) }
        }
        return split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
        }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
