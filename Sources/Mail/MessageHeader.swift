// MessageHeader.swift — the header fields of a message that is ready to be sent, for showing.

package enum MessageHeader {
    /// In their order, their values unfolded; none for bytes that are no message.
    package static func fields(of message: [UInt8]) -> [(name: String, value: String)] {
        guard let header = message.withUnsafeBufferPointer({ try? RawHeader(of: $0) }) else { return [] }
        return header.fields.map { field in
            let name = message[field.range.lowerBound..<field.valueStart - 1]
            return (
                String(decoding: name, as: UTF8.self),
                String(decoding: header.value(of: field, in: message), as: UTF8.self)
            )
        }
    }
}
