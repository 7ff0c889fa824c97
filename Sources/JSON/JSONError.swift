// JSONError.swift — why, and where, a JSON text was refused.

package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case unexpectedEnd
        /// What stood there instead of the thing named.
        case expected(String)
        case invalidUTF8
        case byteOrderMark
        case controlCharacter
        case invalidEscape
        case loneSurrogate
        case invalidNumber
        case duplicateMember(String)
        case tooDeep
        case trailingBytes
    }

    package let reason: Reason
    /// In bytes from the start of the text.
    package let offset: Int
    /// From 1.
    package let line: Int
    /// From 1, in bytes.
    package let column: Int
    /// The names and indices of the values that it is in, from the outside in.
    package private(set) var path: [String] = []

    init(_ reason: Reason, at offset: Int, in text: [UInt8]) {
        let before = text.prefix(offset)
        self.reason = reason
        self.offset = offset
        line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        column = 1 + offset - ((before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
    }

    /// The same, in the member or element `step`.
    func inside(_ step: String) -> JSONError {
        var error = self
        error.path.insert(step, at: 0)
        return error
    }

    /// One sentence for the author of the text.
    package var description: String { "\(sentence) at line \(line), column \(column)." }

    private var sentence: String {
        switch reason {
        case .unexpectedEnd: "The JSON text ends too early"
        case .expected(let what): "Expected \(what)"
        case .invalidUTF8: "The string is not valid UTF-8"
        case .byteOrderMark: "A byte order mark is not allowed"
        case .controlCharacter: "A control character in a string must be escaped"
        case .invalidEscape: "This escape sequence does not exist in JSON"
        case .loneSurrogate: "A \\u escape gives half a surrogate pair"
        case .invalidNumber: "This is not a JSON number"
        case .duplicateMember(let name):
            "The member \"\(String(name.unicodeScalars.prefix(100)))\" appears twice in its object"
        case .tooDeep: "The nesting is deeper than \(JSONParser.maximumDepth) levels"
        case .trailingBytes: "Something follows the end of the JSON text"
        }
    }
}
