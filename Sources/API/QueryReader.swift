// QueryReader.swift — reads the query of a list and notes every fault, as BodyReader does for bodies.

import Events
import HTTP
import Mail
import Queue

package struct QueryReader {
    private let parameters: QueryParameters
    private var errors = FieldErrors()

    /// Notes what is not in `known` and what comes twice. A known name that ends in a dot stands for all that begin so.
    init(_ parameters: QueryParameters, known: [String]) {
        self.parameters = parameters
        var seen = Set<String>()
        for parameter in parameters.all {
            let (name, value) = (parameter.name, parameter.value)
            let isKnown = known.contains { $0.hasSuffix(".") ? name.hasPrefix($0) && name != $0 : name == $0 }
            if !isKnown {
                errors.append(.unknownParameter(name, among: known))
            } else if !seen.insert(name).inserted {
                fail(name, .invalidValue, "This parameter may be given once.", received: value)
            }
        }
    }

    mutating func fail(_ name: String, _ code: FieldError.Code, _ detail: String, received: String) {
        note(FieldError(pointer: "?" + name, code: code, detail: detail, received: received))
    }

    /// A fault beside the query that goes into the same answer.
    mutating func note(_ error: FieldError) { errors.append(error) }

    /// Throws everything noted so far.
    package func finish() throws(Problem) {
        guard errors.isEmpty else { throw .validation(errors.all) }
    }

    package func text(_ name: String) -> String? { parameters[name] }

    /// Those that begin with `prefix`, by what follows it.
    func texts(prefix: String) -> [String: String] {
        let matching = parameters.all.filter { $0.name.hasPrefix(prefix) }
        return Dictionary(matching.map { (String($0.name.dropFirst(prefix.count)), $0.value) }) { first, _ in first }
    }

    /// What `parse` makes of the parameter; nil from it is noted as `detail`.
    mutating func value<Value>(
        _ name: String, _ code: FieldError.Code = .invalidValue, otherwise detail: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let text = text(name) else { return nil }
        if let value = parse(text) { return value }
        fail(name, code, detail, received: text)
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) -> Choice?
    where Choice.RawValue == String {
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return value(name, otherwise: "Must be one of \(known).") { Choice(rawValue: $0) }
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        let detail = "Must be a whole number from \(range.lowerBound) to \(range.upperBound)."
        return value(name, .outOfRange, otherwise: detail) { text in
            Int(digits: text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func moment(_ name: String) -> Timestamp? {
        value(name, otherwise: "Must be a time such as 2026-03-01T12:00:00Z.") { Timestamp(rfc3339: $0) }
    }

    mutating func address<Address>(
        _ name: String, _ parse: (String) throws(AddressError) -> Address
    ) -> Address? {
        guard let text = text(name) else { return nil }
        do {
            return try parse(text)
        } catch {
            fail(name, .invalidAddress, error.description, received: text)
            return nil
        }
    }
}
