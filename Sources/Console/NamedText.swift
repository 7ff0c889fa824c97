// NamedText.swift — `name=value` and `Name: value` on the command line.

import ArgumentParser
import JSON

/// `kind=otp`. The value may hold further `=`.
struct NamedText: ExpressibleByArgument, Sendable {
    let name: String
    let text: String

    init?(argument: String) {
        guard let mark = argument.utf8.firstIndex(of: UInt8(ascii: "=")), mark > argument.startIndex else { return nil }
        (name, text) = (String(argument[..<mark]), String(argument[argument.utf8.index(after: mark)...]))
    }
}

/// `X-Campaign: spring`. Blanks around the value do not count.
struct HeaderText: ExpressibleByArgument, Sendable {
    let name: String
    let text: String

    init?(argument: String) {
        guard let mark = argument.utf8.firstIndex(of: UInt8(ascii: ":")), mark > argument.startIndex else { return nil }
        let rest = argument[argument.utf8.index(after: mark)...]
        name = String(argument[..<mark])
        text = String(rest.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

extension JSONObject {
    /// Throws if two have the same name: an object cannot say both.
    init(_ pairs: [(name: String, text: String)], of flag: String, clearing: Bool = false) throws {
        self.init()
        for pair in pairs {
            // Null takes a member away (RFC 7396).
            guard append(pair.name, clearing && pair.text.isEmpty ? .null : .string(pair.text)) else {
                throw ValidationError("\(flag) names \(pair.name.debugDescription) twice")
            }
        }
    }
}

/// A list as users give it: with blanks, with commas, or both.
func listed(_ texts: [String]) -> [String] { texts.flatMap { $0.split(separator: ",").map(String.init) } }
