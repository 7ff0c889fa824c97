// Capabilities.swift — the extensions a server offered in its answer to EHLO (RFC 5321 §4.1.1.1).

package struct Capabilities: Hashable, Sendable {
    /// SIZE (RFC 1870): offered at all, and the largest message in bytes if it named one.
    package var offersSize = false
    package var maximumSize: Int?
    package var offersPipelining = false
    package var offersStartTLS = false
    package var offers8BitMIME = false
    package var offersSMTPUTF8 = false
    package var offersEnhancedStatusCodes = false
    package var offersChunking = false
    /// Ours alone: MAIL may say which message it is.
    package var offersOrigin = false
    /// SASL mechanisms, upper case.
    package var authentication: [String] = []

    package init() {}

    /// Reads a 250 reply to EHLO. Keywords it does not know, and parameters it cannot read, offer nothing.
    package init(ehlo reply: Reply) {
        // The first line is the server's name and greeting.
        for line in reply.lines.dropFirst() {
            // Some servers write `AUTH=LOGIN`, from a draft that never became an RFC.
            let words = line.uppercased().split { $0 == " " || $0 == "=" }
            guard let keyword = words.first else { continue }
            read(keyword, words.dropFirst().map(String.init))
        }
    }

    private mutating func read(_ keyword: Substring, _ parameters: [String]) {
        switch keyword {
        case "SIZE":
            offersSize = true
            // RFC 1870 §4 — zero means that no fixed limit is in force.
            maximumSize = parameters.first.flatMap { Int(asciiDigits: $0.utf8) }.flatMap { $0 > 0 ? $0 : nil }
        case "PIPELINING": offersPipelining = true
        case "STARTTLS": offersStartTLS = true
        case "8BITMIME": offers8BitMIME = true
        case "SMTPUTF8": offersSMTPUTF8 = true
        case "ENHANCEDSTATUSCODES": offersEnhancedStatusCodes = true
        case "CHUNKING": offersChunking = true
        case "XORIGIN": offersOrigin = true
        case "AUTH":
            // A handful exists; a hostile list of thousands would take seconds to compare.
            for mechanism in parameters where authentication.count < 32 && !authentication.contains(mechanism) {
                authentication.append(mechanism)
            }
        default: break
        }
    }
}

extension Int {
    /// ASCII digits only, at least one, no sign; nil on overflow.
    init?(asciiDigits bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty else { return nil }
        var value = 0
        for byte in bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowAgain) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflow, !overflowAgain else { return nil }
            value = sum
        }
        self = value
    }
}
