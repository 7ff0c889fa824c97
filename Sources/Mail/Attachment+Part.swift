// Attachment+Part.swift — an attachment as a part of a message.

extension Attachment {
    /// Appends its header fields, an empty line and its bytes in their encoding; returns where these begin.
    func append(isInline: Bool, to output: inout [UInt8]) -> Int {
        let type = [contentType.type + "/" + contentType.subtype] + contentType.parameters.map(\.text)
        var fields: [HeaderField] = [
            .tokens("Content-Type", type.map { Array("\($0);".utf8) } + FilenameParameter.name(filename)),
            .token("Content-Transfer-Encoding", encoding.rawValue.utf8),
        ]
        if let contentID { fields.append(.token("Content-ID", "<\(contentID)>".utf8)) }
        let disposition = Array((isInline ? "inline;" : "attachment;").utf8)
        fields.append(.tokens("Content-Disposition", [disposition] + FilenameParameter.disposition(filename)))
        for field in fields { field.append(to: &output) }
        output.append(contentsOf: "\r\n".utf8)
        let start = output.count
        bytes.withUnsafeBufferPointer { encoding.append(file: $0, to: &output) }
        return start
    }

    /// About the bytes it takes in a message.
    var composedSize: Int { 1024 + (encoding == .base64 ? Base64.lineCount(bytes.count) : bytes.count * 9 / 8) }
}
