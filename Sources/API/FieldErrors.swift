// FieldErrors.swift — the wrong fields of one request, gathered as they are found.

import Spelling

/// A body may hold a million faults. Nobody reads more than `limit`, and no more are kept.
struct FieldErrors: Sendable {
    static let limit = 1000

    /// In the order in which they were found.
    private(set) var all: [FieldError] = []

    var isEmpty: Bool { all.isEmpty }

    /// Makes the error only if there is room for it.
    mutating func append(_ error: @autoclosure () -> FieldError) {
        if all.count < Self.limit { all.append(error()) }
    }
}

extension FieldError {
    static func unknownMember(_ name: String, at pointer: BodyPointer, among known: [String]) -> FieldError {
        FieldError(
            pointer: pointer.description, code: .unknownMember,
            detail: "There is no such member.\(question(name, known))", received: name)
    }

    static func unknownColumn(_ name: String, among known: [String]) -> FieldError {
        FieldError(
            pointer: "#line=1", code: .unknownMember,
            detail: "There is no such column.\(question(name, known))", received: name)
    }

    static func unknownParameter(_ name: String, among known: [String]) -> FieldError {
        FieldError(
            pointer: "?\(name)", code: .unknownParameter,
            detail: "There is no such parameter here.\(question(name, known))", received: name)
    }

    private static func question(_ name: String, _ known: [String]) -> String {
        didYouMean(suggestion(for: name, among: known))
    }
}
