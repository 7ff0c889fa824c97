// RecipientChoice.swift — which recipients of a message are meant: the body of POST /v1/messages/{id}/cancel and …/retry.

import HTTP
import JSON
import Mail
import Queue

/// `{"recipients":["rcp_…","bob@example.net"]}`, or no body.
struct RecipientChoice {
    private enum Member: String, CaseIterable { case recipients }

    /// Nil: all of the message's.
    let named: [RecipientReference]?
    private let isList: Bool

    init(_ request: HTTPServerRequest) throws(Problem) {
        var reader = try BodyReader<Member>(optionalBodyOf: request)
        guard let value = reader[.recipients] else {
            try reader.finish()
            (named, isList) = (nil, true)
            return
        }
        let elements = value.array ?? [value]
        if elements.isEmpty {
            reader.fail(.recipients, .required, "Name at least one recipient, or leave this out for all.")
        }
        if elements.count > SendLimits.recipients {
            let detail = "There are \(elements.count); a message has at most \(SendLimits.recipients)."
            reader.fail(.recipients, tooMany: elements.count, detail)
        }
        var references: [RecipientReference] = []
        for (index, element) in elements.prefix(SendLimits.recipients).enumerated() {
            if let reference = RecipientReference(element) {
                references.append(reference)
            } else {
                let detail = "Must be a recipient's id or address."
                reader.fail(reader.pointer(to: .recipients, index: index), .invalidValue, detail, received: element)
            }
        }
        try reader.finish()
        (named, isList) = (references, value.array != nil)
    }

    /// Where one of those named stands.
    func pointer(to index: Int) -> String {
        BodyPointer(Member.recipients.rawValue, index: isList ? index : nil).description
    }
}

extension RecipientReference {
    fileprivate init?(_ value: JSONValue) {
        guard let text = value.string else { return nil }
        if let id = RecipientID(text) {
            self = .id(id)
        } else if let mailbox = try? Mailbox(parsing: text, allowingLiterals: true) {
            self = .mailbox(mailbox)
        } else {
            return nil
        }
    }
}
