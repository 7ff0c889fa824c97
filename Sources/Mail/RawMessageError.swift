// RawMessageError.swift — what is wrong with a message that the caller composed, in a sentence.

package enum RawMessageError: Error, Hashable, Sendable, CustomStringConvertible {
    case containsNUL
    case lineTooLong(line: Int)
    case noHeader
    case mboxLine
    case notAField(line: Int)
    case headerTooLong
    case notUTF8
    /// A field's name in lower case.
    case repeated(String)
    case noFrom
    case malformedFrom
    case severalFrom
    case badFrom(AddressError)
    case badMessageID

    package var description: String {
        switch self {
        case .containsNUL: "The message contains a NUL byte."
        case .lineTooLong(let line): "Line \(line) of the message is longer than 998 bytes."
        case .noHeader: "The message has no header."
        case .mboxLine: "The message begins with the From line of a mailbox file, which belongs to no message."
        case .notAField(let line): "Line \(line) of the header is not a field: a name, a colon and a value."
        case .headerTooLong: "The header is longer than \(MessageComposer.headerLimit) bytes."
        case .notUTF8: "The header contains bytes that are not UTF-8."
        case .repeated(let name): "The header has the field \(name) more than once."
        case .noFrom: "The header has no From field."
        case .malformedFrom: "The From field is not of the form Name <local@domain>."
        case .severalFrom: "The From field has more than one mailbox, or a group."
        case .badFrom(let error): "The From field has no valid mailbox: \(error)"
        case .badMessageID: "The Message-ID field is not of the form <left@right>."
        }
    }
}
