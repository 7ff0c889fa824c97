// ContentType.swift — the media type of an attachment with its parameters (RFC 2045 §5.1).

package struct ContentType: Hashable, Sendable, CustomStringConvertible {
    package struct Parameter: Hashable, Sendable {
        /// Lower case.
        package let name: String
        /// Without quotes; printable ASCII.
        package let value: String
    }

    /// Lower case.
    package let type: String
    /// Lower case.
    package let subtype: String
    /// In the order given; no name twice.
    package let parameters: [Parameter]

    /// All of it is known or has been checked.
    init(_ type: String, _ subtype: String, parameters: [Parameter] = []) {
        (self.type, self.subtype, self.parameters) = (type, subtype, parameters)
    }

    /// The value of a parameter, by its lower-case name.
    package subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// `text/calendar; method=REQUEST`, with quotes only where a value needs them.
    package var description: String {
        ([type + "/" + subtype] + parameters.map { $0.text }).joined(separator: "; ")
    }

    /// A message, or what is made like one, which must not be encoded (RFC 2046 §5.2, RFC 3464 §2.1). message/global may be,
    /// which is why it exists (RFC 6532 §3.7).
    var isBareMessage: Bool { type == "message" && !subtype.utf8.starts(with: "global".utf8) }

    func adding(_ name: String, _ value: String) -> ContentType {
        ContentType(type, subtype, parameters: parameters + [Parameter(name: name, value: value)])
    }
}

extension ContentType.Parameter {
    /// `name=value`.
    var text: String {
        let isToken = !value.isEmpty && value.utf8.allSatisfy { $0.isToken }
        return "\(name)=" + (isToken ? value : String(decoding: QuotedString.quoting(value.utf8), as: UTF8.self))
    }
}

package enum ContentTypeError: Error, Hashable, Sendable, CustomStringConvertible {
    case controlCharacter
    case notASCII
    case malformed
    case repeatedParameter
    case multipart
    case tooLong

    package var description: String {
        switch self {
        case .controlCharacter: "The content type contains a line break or another control character."
        case .notASCII: "The content type contains a character beyond ASCII."
        case .malformed: "The content type is not of the form type/subtype; name=value."
        case .repeatedParameter: "The content type has a parameter twice."
        case .multipart: "An attachment cannot be a multipart; its parts are attachments of their own."
        case .tooLong: "The content type is longer than 255 bytes."
        }
    }
}

extension UInt8 {
    /// RFC 2045 §5.1 — what a type, a parameter's name or an unquoted value is made of.
    var isToken: Bool { isPrintable && self != .space && !"()<>@,;:\\\"/[]?=".utf8.contains(self) }
}
