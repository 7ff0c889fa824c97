// SuppressionImport.swift — many addresses to be suppressed, as JSON or as CSV: the right ones, and what is wrong with the others.
//
// What an export has beside the members of a request (`object`, `message_id`, `created_at`) may stay in, and says nothing.

import HTTP
import JSON
import Queue

struct SuppressionImport: Sendable {
    static let limit = 10_000

    private(set) var suppressions: [NewSuppression] = []
    private(set) var errors = FieldErrors()
    /// Rows in which something is wrong.
    private(set) var failed = 0

    private static let exportedOnly = ["object", "message_id", "created_at"]

    /// Throws if it can be read neither as JSON nor as CSV, or holds too much; what is wrong with a row it notes.
    init(_ request: HTTPServerRequest, at now: Timestamp) throws(Problem) {
        switch try request.mediaType {
        case .json: try read(try Self.rows(in: request.parsedJSON), at: now)
        case .csv: try read(csv: request.body, at: now)
        default:
            throw .unsupported(request, wanted: "application/json or text/csv")
        }
    }

    private mutating func note(_ row: () throws(Problem) -> NewSuppression, place: (FieldError) -> FieldError) {
        do throws(Problem) { suppressions.append(try row()) } catch {
            failed += 1
            for fault in error.errors { errors.append(place(fault)) }
        }
    }

    private static func tooMany(at pointer: String) -> Problem {
        let detail = "There are more than \(limit) suppressions, which is as many as are taken at once."
        return .validation([FieldError(pointer: pointer, code: .tooMany, detail: detail)])
    }
}

// MARK: JSON

extension SuppressionImport {
    private enum Member: String, CaseIterable { case suppressions }

    private static func rows(in body: JSONValue) throws(Problem) -> [JSONValue] {
        var reader = try BodyReader<Member>(body)
        let rows = reader.array(.suppressions, of: "suppressions") ?? []
        if reader[.suppressions] == nil {
            reader.fail(.suppressions, .required, "An import needs a list of suppressions.")
        }
        try reader.finish()
        guard rows.count <= limit else { throw tooMany(at: BodyPointer(Member.suppressions.rawValue).description) }
        return rows
    }

    private mutating func read(_ rows: [JSONValue], at now: Timestamp) throws(Problem) {
        for (index, row) in rows.enumerated() {
            note { () throws(Problem) in
                var reader = try BodyReader<SuppressionRequest.Member>(row, passingOver: Self.exportedOnly)
                return try SuppressionRequest.suppression(&reader, at: now)
            } place: {
                $0.within("#/\(Member.suppressions.rawValue)/\(index)")
            }
        }
    }
}

// MARK: CSV

extension SuppressionImport {
    private mutating func read(csv bytes: [UInt8], at now: Timestamp) throws(Problem) {
        let table: CSVTable
        do throws(CSVTable.Violation) { table = try CSVTable(bytes, limit: Self.limit) } catch {
            throw Problem(.malformedRequest, error.description)
        }
        let columns = try Self.columns(of: table)
        if table.isCut { throw Self.tooMany(at: "#") }
        for row in table.rows {
            note { () throws(Problem) in
                guard row.fields.count == columns.count else {
                    let detail = "This line has \(row.fields.count) fields, the first one \(columns.count)."
                    throw .validation([FieldError(pointer: "#", code: .invalidValue, detail: detail)])
                }
                var values: [SuppressionRequest.Member: JSONValue] = [:]
                for (column, text) in zip(columns, row.fields) {
                    if let column, !text.isEmpty { values[column] = .string(text) }
                }
                var reader = BodyReader(values, faults: FieldErrors())
                return try SuppressionRequest.suppression(&reader, at: now)
            } place: {
                $0.inLine(row.line)
            }
        }
    }

    /// What each column holds; nil for those that are read over.
    private static func columns(of table: CSVTable) throws(Problem) -> [SuppressionRequest.Member?] {
        var errors = FieldErrors()
        var columns: [SuppressionRequest.Member?] = []
        for name in table.header.map({ $0 == "email" ? SuppressionRequest.Member.address.rawValue : $0 }) {
            let member = SuppressionRequest.Member(rawValue: name)
            columns.append(member)
            if let member, columns.dropLast().contains(member) {
                errors.append(
                    FieldError(pointer: "#line=1", code: .invalidValue, detail: "The column \(name) is there twice."))
            } else if member == nil, !exportedOnly.contains(name) {
                let known = SuppressionRequest.Member.allCases.map(\.rawValue)
                errors.append(.unknownColumn(name, among: known))
            }
        }
        if !columns.contains(.address) {
            let detail = "The first line names the columns, separated by commas; one is address."
            errors.append(
                FieldError(
                    pointer: "#line=1", code: .required, detail: detail,
                    received: table.header.joined(separator: ",")))
        }
        guard errors.isEmpty else { throw .validation(errors.all) }
        return columns
    }
}

extension FieldError {
    /// RFC 5147 has such pointers into text; which column it is, the detail says.
    fileprivate func inLine(_ line: Int) -> FieldError {
        var error = self
        let column = pointer.dropFirst(2)
        error.pointer = "#line=\(line)"
        if !column.isEmpty { error.detail = "\(column): \(detail)" }
        return error
    }
}

extension MediaType {
    fileprivate static let csv = MediaType("text/csv".utf8[...])
}
