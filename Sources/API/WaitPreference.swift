// WaitPreference.swift — `Prefer: wait=N`: how long a client would rather wait than ask again (RFC 7240 §4.3).

import HTTP
import HTTPTypes
import Queue

package struct WaitPreference: Hashable, Sendable {
    /// Proxies between give up on an answer soon after.
    package static let maximumSeconds = 60

    /// 0 to `maximumSeconds`: more is cut.
    package let seconds: Int

    /// Of a client that would not wait.
    package static let none = WaitPreference(seconds: 0)

    private init(seconds: Int) { self.seconds = seconds }

    /// Nil if the client has no such preference, or one that cannot be read: RFC 7240 §2 has that ignored. Of several,
    /// the first counts.
    package init?(_ fields: HTTPFields) {
        guard fields.contains(.prefer) else { return nil }
        for field in fields[values: .prefer] {
            for preference in Self.split(field.utf8[...], at: ",") {
                let parts = Self.split(Self.split(preference, at: ";")[0], at: "=")
                guard equalIgnoringCase(trimmed(parts[0]), "wait") else { continue }
                guard parts.count == 2, let seconds = Self.seconds(parts[1]) else { return nil }
                self.seconds = seconds
                return
            }
        }
        return nil
    }

    /// What stands between marks outside of quotation marks; at least one part.
    private static func split(_ text: Substring.UTF8View, at mark: Unicode.Scalar) -> [Substring.UTF8View] {
        var isQuoted = false, isEscaped = false
        return text.split(omittingEmptySubsequences: false) { byte in
            defer { isEscaped = isQuoted && !isEscaped && byte == UInt8(ascii: "\\") }
            if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
            return byte == UInt8(ascii: mark) && !isQuoted
        }
    }

    /// RFC 9110 §1.3.1 — digits only, in quotation marks or not.
    private static func seconds(_ word: Substring.UTF8View) -> Int? {
        var digits = trimmed(word)
        if digits.count >= 2, digits.first == UInt8(ascii: "\""), digits.last == UInt8(ascii: "\"") {
            digits = digits.dropFirst().dropLast()
        }
        guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
        return min(Int(Substring(digits)) ?? .max, maximumSeconds)
    }
}

extension WaitPreference {
    /// Tells the client that its preference counted (RFC 7240 §3).
    package func note(in response: inout HTTPServerResponse) {
        response.head.headerFields[.preferenceApplied] = "wait=\(seconds)"
    }
}

extension HTTPField.Name {
    static let prefer = known("Prefer")
    static let preferenceApplied = known("Preference-Applied")
}
