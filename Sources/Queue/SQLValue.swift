// SQLValue.swift — how our values become columns.

import GRDBSQLite
import Mail

/// SQLite copies what is bound with this.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension Int64: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { sqlite3_bind_int64(statement, index, self) }
}

extension Int32: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { sqlite3_bind_int(statement, index, self) }
}

extension Int: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, Int64(self))
    }
}

extension Bool: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int(statement, index, self ? 1 : 0)
    }
}

extension String: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        var text = self
        return text.withUTF8 {
            // No pointer would mean NULL; an empty text is not NULL.
            guard let start = $0.baseAddress, !$0.isEmpty else {
                return sqlite3_bind_text(statement, index, "", 0, nil)
            }
            return start.withMemoryRebound(to: CChar.self, capacity: $0.count) { [count = $0.count] in
                sqlite3_bind_text(statement, index, $0, Int32(count), copied)
            }
        }
    }
}

extension Array: SQLValue where Element == UInt8 {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        withUnsafeBytes {
            guard !$0.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
            return sqlite3_bind_blob64(statement, index, $0.baseAddress, UInt64($0.count), copied)
        }
    }
}

extension Optional: SQLValue where Wrapped: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        self?.bind(to: statement, at: index) ?? sqlite3_bind_null(statement, index)
    }
}

extension Identifier: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2) {
            ($0[0], $0[1]) = (high.bigEndian, low.bigEndian)
            return sqlite3_bind_blob(statement, index, $0.baseAddress, 16, copied)
        }
    }
}

extension Timestamp: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { milliseconds.bind(to: statement, at: index) }
}

extension MessageKey: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { rawValue.bind(to: statement, at: index) }
}

extension ProjectID: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { rawValue.bind(to: statement, at: index) }
}

extension Domain: SQLValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { ascii.bind(to: statement, at: index) }
}

extension SQLValue where Self: RawRepresentable<String> {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 { rawValue.bind(to: statement, at: index) }
}

extension RecipientState: SQLValue {}
extension RecipientRole: SQLValue {}
extension TLSRequirement: SQLValue {}
extension EventType: SQLValue {}
extension Bounce.Kind: SQLValue {}
extension Failure.Reason: SQLValue {}
extension SendingDomainStatus: SQLValue {}
extension DKIMKeyRow.State: SQLValue {}
extension RecordPurpose: SQLValue {}
extension RecordKind: SQLValue {}
extension RecordStatus: SQLValue {}
extension KeyMode: SQLValue {}
extension SuppressionReason: SQLValue {}
