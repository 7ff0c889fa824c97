// JSONObject.swift — the members of an object, in the order of their text.

/// Names are equal when their UTF-8 bytes are: two spellings of "é" are two members.
package struct JSONObject: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) { (self.name, self.value) = (name, value) }

        package static func == (lhs: Member, rhs: Member) -> Bool {
            lhs.name.utf8.elementsEqual(rhs.name.utf8) && lhs.value == rhs.value
        }
    }

    package private(set) var members: [Member] = []
    /// The names once there are enough of them that looking through `members` for each new one would be quadratic.
    private var names: Set<MemberName> = []

    private static let fewMembers = 16

    package init() {}

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    package subscript(name: String) -> JSONValue? {
        members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// Adds a member at the end; false, and no change, if the name is taken.
    package mutating func append(_ name: String, _ value: JSONValue) -> Bool {
        guard !contains(name) else { return false }
        members.append(Member(name: name, value: value))
        if members.count == Self.fewMembers {
            names = Set(members.map { MemberName(text: $0.name) })
        } else if members.count > Self.fewMembers {
            names.insert(MemberName(text: name))
        }
        return true
    }

    package func contains(_ name: String) -> Bool {
        members.count < Self.fewMembers ? self[name] != nil : names.contains(MemberName(text: name))
    }

    package static func == (lhs: JSONObject, rhs: JSONObject) -> Bool { lhs.members == rhs.members }
}

/// A name hashed and compared by its bytes; `String` would compare by canonical equivalence.
private struct MemberName: Hashable {
    let text: String

    static func == (lhs: MemberName, rhs: MemberName) -> Bool { lhs.text.utf8.elementsEqual(rhs.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
