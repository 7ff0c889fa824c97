// JSONWriter+Given.swift — members that a request has only if there is something to say.

import ArgumentParser
import JSON

extension JSONWriter {
    mutating func given(_ name: String, _ text: String?) {
        if let text { member(name, text) }
    }

    mutating func given(_ name: String, _ number: Int?) {
        if let number { member(name, number) }
    }

    mutating func given(_ name: String, _ texts: [String]) {
        guard !texts.isEmpty else { return }
        member(name, array: { for text in texts { $0.string(text) } })
    }

    /// An object of the pairs. Throws if two have the same name: it cannot say both.
    /// - clearing: an empty text takes its member away (RFC 7396).
    mutating func given(
        _ name: String, _ pairs: [some NameAndText], of flag: String, clearing: Bool = false
    ) throws {
        guard !pairs.isEmpty else { return }
        var object = JSONObject()
        for pair in pairs {
            guard object.append(pair.name, clearing && pair.text.isEmpty ? .null : .string(pair.text)) else {
                throw ValidationError("\(flag) names \(pair.name.debugDescription) twice")
            }
        }
        member(name, .object(object))
    }
}
