// EndpointHeaders.swift — header fields that an endpoint's owner wants with each post: which may be, and their form at rest.
//
// Their values are often keys: the store has `bytes` sealed for `Endpoint.headersPurpose`, and nobody shows them.

import Mail

package struct EndpointHeaders: Equatable, Sendable {
    package static let maximumCount = 20
    package static let maximumNameBytes = 64
    package static let maximumValueBytes = 2048
    package static let maximumBytes = 8192

    /// By their names, which are in lower case.
    package var values: [String: String]

    package init(_ values: [String: String] = [:]) { self.values = values }

    /// What `bytes` wrote; nil for anything else.
    package init?(bytes: [UInt8]) {
        do { values = try [String: String](column: bytes) } catch { return nil }
    }

    /// A JSON object.
    package var bytes: [UInt8] { Array((values.column ?? "{}").utf8) }

    /// `name: value`, in the order of their names.
    package var lines: [String] { values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" } }

    /// As they go over the wire.
    package var size: Int { values.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 4 } }
}

extension EndpointHeaders {
    package enum Fault: Hashable, Sendable, CustomStringConvertible {
        case name, reserved, emptyValue, longValue, valueBytes, blankEnds

        package var description: String {
            switch self {
            case .name:
                "A header field's name has 1 to \(maximumNameBytes) letters, digits or any of !#$%&'*+-.^_`|~."
            case .reserved: "This header field is set by Postrider, or would change what the request is."
            case .emptyValue: "A header field's value must not be empty."
            case .longValue: "A header field's value has at most \(maximumValueBytes) bytes."
            case .valueBytes: "A header field's value has printable ASCII characters, spaces and tabs only."
            case .blankEnds: "A header field's value does not begin or end with a space."
            }
        }
    }

    /// What is wrong with a field, if anything is.
    package static func fault(name: String, value: String) -> Fault? {
        guard (1...maximumNameBytes).contains(name.utf8.count), name.utf8.allSatisfy(isToken) else { return .name }
        let name = name.lowercased()
        guard !reserved.contains(name), !reservedPrefixes.contains(where: { name.hasPrefix($0) }) else {
            return .reserved
        }
        guard !value.isEmpty else { return .emptyValue }
        guard value.utf8.count <= maximumValueBytes else { return .longValue }
        // RFC 9110 §5.5, without obs-text: what ends a line or a field never gets in.
        guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else { return .valueBytes }
        guard let first = value.utf8.first, let last = value.utf8.last, first > 0x20, last > 0x20 else {
            return .blankEnds
        }
        return nil
    }

    /// What we set, what the message's framing and the connection are (RFC 9110 §7.6.1, RFC 9112 §6), and `expect`.
    private static let reserved: Set<String> = [
        "connection", "content-encoding", "content-length", "content-type", "expect", "host", "http2-settings",
        "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]
    private static let reservedPrefixes = ["webhook-", "proxy-"]

    /// RFC 9110 §5.6.2 — tchar.
    private static func isToken(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
