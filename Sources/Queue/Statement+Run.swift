// Statement+Run.swift — binds values straight to SQLite's statements and reads columns in their order.
//
// GRDB's arguments and rows allocate more than the statements they carry cost; this is the path of every message. Pools,
// transactions, migrations and the statement cache stay GRDB's.

import GRDB
import GRDBSQLite
import Mail

/// Something that is one column of a row.
protocol SQLValue {
    /// Binds itself; returns SQLite's result code.
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32
}

extension Database {
    /// Runs a statement that returns no rows; returns how many rows it changed.
    @discardableResult
    func run<each Value: SQLValue>(_ sql: String, _ values: repeat each Value) throws -> Int {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        defer { reset(statement) }
        var index: Int32 = 0
        for value in repeat each values { try bind(value, to: statement, after: &index) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return Int(sqlite3_changes(sqliteConnection))
            case SQLITE_ROW: continue
            default: throw lastError(of: statement)
            }
        }
    }

    /// Calls `read` for each row until it returns false.
    func rows<each Value: SQLValue>(
        _ sql: String, _ values: repeat each Value, read: (inout Columns) throws -> Bool
    ) throws {
        let statement = try cachedStatement(sql: sql).sqliteStatement
        defer { reset(statement) }
        var index: Int32 = 0
        for value in repeat each values { try bind(value, to: statement, after: &index) }
        try forEachRow(of: statement, read)
    }

    /// Every row as `read` makes it.
    func all<Element, each Value: SQLValue>(
        _ sql: String, _ values: repeat each Value, read: (inout Columns) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        try rows(sql, repeat each values) { columns in
            elements.append(try read(&columns))
            return true
        }
        return elements
    }

    /// The first row, if there is one.
    func first<Element, each Value: SQLValue>(
        _ sql: String, _ values: repeat each Value, read: (inout Columns) throws -> Element
    ) throws -> Element? {
        var element: Element?
        try rows(sql, repeat each values) { columns in
            element = try read(&columns)
            return false
        }
        return element
    }

    /// As `all`, for a statement put together at run time; it is not kept.
    func all<Element>(
        composed sql: String, _ values: [any SQLValue], read: (inout Columns) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        try rows(composed: sql, values) { columns in
            elements.append(try read(&columns))
            return true
        }
        return elements
    }

    /// As `rows`, for a statement put together at run time; it is not kept.
    func rows(composed sql: String, _ values: [any SQLValue], read: (inout Columns) throws -> Bool) throws {
        let prepared = try makeStatement(sql: sql)
        var index: Int32 = 0
        for value in values { try bind(value, to: prepared.sqliteStatement, after: &index) }
        try forEachRow(of: prepared.sqliteStatement, read)
    }

    private func forEachRow(of statement: OpaquePointer, _ read: (inout Columns) throws -> Bool) throws {
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return
            case SQLITE_ROW:
                var columns = Columns(statement: statement)
                guard try read(&columns) else { return }
            default: throw lastError(of: statement)
            }
        }
    }

    private func bind(_ value: some SQLValue, to statement: OpaquePointer, after index: inout Int32) throws {
        index += 1
        guard value.bind(to: statement, at: index) == SQLITE_OK else { throw lastError(of: statement) }
    }

    private func lastError(of statement: OpaquePointer) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqliteConnection)),
            message: String(cString: sqlite3_errmsg(sqliteConnection)),
            sql: sqlite3_sql(statement).map { String(cString: $0) })
    }

    /// Also lets go of what was bound: a content may be many megabytes.
    private func reset(_ statement: OpaquePointer) {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }
}

/// The columns of the row a statement stands on, read from left to right.
struct Columns {
    private let statement: OpaquePointer
    private var next: Int32 = 0

    init(statement: OpaquePointer) { self.statement = statement }

    var isNull: Bool { sqlite3_column_type(statement, next) == SQLITE_NULL }

    mutating func skip(_ count: Int32) { next += count }

    mutating func int() -> Int64 {
        defer { next += 1 }
        return sqlite3_column_int64(statement, next)
    }

    mutating func text() -> String {
        defer { next += 1 }
        guard let start = sqlite3_column_text(statement, next) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, next))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    mutating func bytes() -> [UInt8] {
        defer { next += 1 }
        guard let start = sqlite3_column_blob(statement, next) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, next))))
    }

    /// Nil for NULL, else what `read` makes of the column.
    mutating func optional<Value>(_ read: (inout Columns) throws -> Value) rethrows -> Value? {
        if isNull {
            next += 1
            return nil
        }
        return try read(&self)
    }

    mutating func time() -> Timestamp { Timestamp(milliseconds: int()) }

    mutating func identifier<Kind>(_ kind: Kind.Type = Kind.self) throws -> Identifier<Kind> {
        defer { next += 1 }
        let count = Int(sqlite3_column_bytes(statement, next))
        let stored = UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, next), count: count)
        guard let identifier = Identifier<Kind>(bytes: stored) else {
            throw malformed("an identifier of \(count) bytes")
        }
        return identifier
    }

    /// A column whose CHECK lists the cases of `Value`.
    mutating func oneOf<Value: RawRepresentable<String>>(_: Value.Type = Value.self) throws -> Value {
        let raw = text()
        guard let value = Value(rawValue: raw) else { throw malformed("\(Value.self) \(raw)") }
        return value
    }

    func malformed(_ what: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the store holds \(what)")
    }
}
