// Outline.swift — any object of the API's as indented lines: everything that it says, whatever the API comes to say.

import JSON

enum Outline {
    /// Ends with a newline. `hiding` are members of the top object that are shown elsewhere.
    static func text(of object: JSONObject, hiding hidden: Set<String> = [], ink: Ink) -> String {
        lines(of: object, hiding: hidden.union(["object"]), ink: ink).map { $0 + "\n" }.joined()
    }

    /// The same without what is null or empty, and each member on one line.
    static func brief(of object: JSONObject, hiding hidden: Set<String>, ink: Ink) -> String {
        let members = object.members.filter { !hidden.union(["object"]).contains($0.name) && $0.value.inline != "-" }
        let width = members.map(\.name.count).max() ?? 0
        return members.map { member in
            let name = member.name.printable
            let blanks = String(repeating: " ", count: max(0, width - name.count) + 2)
            return "  \(ink.paint(name, .faint))\(blanks)\(member.value.inline)\n"
        }.joined()
    }

    /// The depth is the JSON reader's, at most 64.
    private static func lines(of object: JSONObject, hiding hidden: Set<String> = [], ink: Ink) -> [String] {
        let members = object.members.filter { !hidden.contains($0.name) }
        let width = members.filter { !$0.value.isNested }.map(\.name.count).max() ?? 0
        return members.flatMap { member -> [String] in
            let name = member.name.printable
            guard member.value.isNested else {
                let blanks = String(repeating: " ", count: max(0, width - name.count) + 2)
                return [ink.paint(name, .faint) + blanks + ink.paint(status: member.value.inline)]
            }
            return [ink.paint(name, .faint)] + blocks(of: member.value, ink: ink).map { "  " + $0 }
        }
    }

    private static func blocks(of value: JSONValue, ink: Ink) -> [String] {
        if let object = value.object { return lines(of: object, ink: ink) }
        return (value.array ?? []).flatMap { element in
            let lines = element.isNested ? blocks(of: element, ink: ink) : [element.inline]
            return lines.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
        }
    }
}
