// NamedText.swift — `name=value` and `Name: value` on the command line.

import ArgumentParser

protocol NameAndText {
    var name: String { get }
    var text: String { get }
}

/// `kind=otp`. The value may hold further `=`.
struct NamedText: NameAndText, ExpressibleByArgument, Sendable {
    let name: String
    let text: String

    init?(argument: String) {
        guard let mark = argument.utf8.firstIndex(of: UInt8(ascii: "=")), mark > argument.startIndex else { return nil }
        (name, text) = (String(argument[..<mark]), String(argument[argument.utf8.index(after: mark)...]))
    }
}

/// `X-Campaign: spring`. Blanks around the value do not count.
struct HeaderText: NameAndText, ExpressibleByArgument, Sendable {
    let name: String
    let text: String

    init?(argument: String) {
        guard let mark = argument.utf8.firstIndex(of: UInt8(ascii: ":")), mark > argument.startIndex else { return nil }
        let rest = argument[argument.utf8.index(after: mark)...]
        name = String(argument[..<mark])
        text = String(rest.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// A list as users give it: with blanks, with commas, or both.
func listed(_ texts: [String]) -> [String] { texts.flatMap { $0.split(separator: ",").map(String.init) } }
