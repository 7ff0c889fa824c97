// RawMessage.swift — a whole message that the caller composed (RFC 5322), checked and made fit to be sent.
//
// It goes out as it came, but for what SMTP cannot carry or nobody may see: any line end becomes CRLF, a missing Date or
// Message-ID is put in front, Bcc, Resent-Bcc and Return-Path are taken out. All else that is wrong is refused.

import Glibc

package struct RawMessage: Sendable {
    package let content: ComposedMessage
    package let from: NamedMailbox
    /// With its angle brackets.
    package let messageID: String
    /// For showing: unfolded, encoded words decoded, no controls. Empty if there is none.
    package let subject: String

    /// `date`, in milliseconds since 1970-01-01 UTC, and the `messageID` for the domain of its From are for a message
    /// that has none. An address literal in its From is let in only where the caller asks for it. Takes time in proportion
    /// to its size, whatever it holds.
    package init(
        _ bytes: [UInt8], date: Int64, allowingLiterals: Bool = false, messageID: (Domain) -> String
    ) throws(RawMessageError) {
        let message = try Self.normalised(bytes)
        let header = try Self.header(of: message)
        guard let from = header.first("from") else { throw .noFrom }
        self.from = try HeaderMailbox.parse(
            header.value(of: from, in: message), allowingLiterals: allowingLiterals)
        let id = try Self.messageID(in: header, of: message)
        self.messageID = id ?? messageID(self.from.mailbox.domain)
        subject = EncodedWord.decoding(header.first("subject").map { header.value(of: $0, in: message) } ?? [])

        var missing: [HeaderField] = []
        if header.first("date") == nil { missing.append(.token("Date", MailDate.text(milliseconds: date))) }
        if id == nil { missing.append(.token("Message-ID", self.messageID.utf8)) }
        content = Self.content(of: message, header: header, missing: missing)
    }

    /// With CRLF line ends only, so that nothing in it can end the mail for one program and not for another, and no line
    /// longer than RFC 5322 §2.1.1 allows.
    private static func normalised(_ bytes: [UInt8]) throws(RawMessageError) -> [UInt8] {
        let survey = bytes.withUnsafeBufferPointer { bytes in
            let hasNUL = bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
            return hasNUL ? nil : LineSurvey(bytes)
        }
        guard let survey else { throw .containsNUL }
        guard survey.longest <= 998 else {
            let lines = bytes.withUnsafeBufferPointer { TextLines($0).prefix { $0.count <= 998 }.count }
            throw .lineTooLong(line: lines + 1)
        }
        if survey.isCanonical, bytes.last == .lf { return bytes }
        var normalised: [UInt8] = []
        normalised.reserveCapacity(survey.canonicalCount)
        bytes.withUnsafeBufferPointer { TextLines.appendCanonical($0, to: &normalised) }
        return normalised
    }

    private static func header(of message: [UInt8]) throws(RawMessageError) -> RawHeader {
        let header = try message.withUnsafeBufferPointer { message throws(RawMessageError) in
            try RawHeader(of: message)
        }
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: message.span.extracting(0..<header.end))
        } catch {
            throw .notUTF8
        }
        var seen: Set<String> = []
        for field in header.fields where single.contains(field.name) {
            guard seen.insert(field.name).inserted else { throw .repeated(field.name) }
        }
        return header
    }

    /// RFC 5322 §3.6, RFC 2045 §3 — what stands at most once. Two would let each program on the way believe another one.
    private static let single: Set<String> = [
        "date", "from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject",
        "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
    ]

    /// Not for others to see, or for others to write (RFC 5321 §4.4: the last host writes Return-Path).
    private static let removed: Set<String> = ["bcc", "resent-bcc", "return-path"]

    /// nil if the message has none.
    private static func messageID(in header: RawHeader, of message: [UInt8]) throws(RawMessageError) -> String? {
        guard let field = header.first("message-id") else { return nil }
        let value = header.value(of: field, in: message)
        let text = String(decoding: value, as: UTF8.self)
        let content = value.dropFirst().dropLast()
        guard value.first == .less, value.last == .greater, !content.isEmpty, !text.containsControls,
            !content.contains(where: { " <>".utf8.contains($0) })
        else { throw .badMessageID }
        return text
    }

    private static func content(of message: [UInt8], header: RawHeader, missing: [HeaderField]) -> ComposedMessage {
        let kept = header.fields.filter { !removed.contains($0.name) }
        let hasBody = header.end < message.count
        let isWhole = missing.isEmpty && kept.count == header.fields.count && hasBody
        var bytes: [UInt8] = []
        if isWhole {
            bytes = message
        } else {
            bytes.reserveCapacity(message.count + 256)
            for field in missing { field.append(to: &bytes) }
            for field in kept { bytes.append(contentsOf: message[field.range]) }
            bytes.append(contentsOf: hasBody ? message[header.end...] : [.cr, .lf])
        }
        let bodyStart = hasBody ? bytes.count - message.count + header.end + 2 : bytes.count
        let form = bytes.withUnsafeBufferPointer { bytes in
            ContentForm(
                has8BitBody: bytes[bodyStart...].has8BitBytes, hasUTF8Header: bytes[..<bodyStart].has8BitBytes)
        }
        return ComposedMessage(bytes: bytes, bodyStart: bodyStart, form: form)
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    /// Without a way out of the loop, the compiler makes vectors of it.
    fileprivate var has8BitBytes: Bool { reduce(0) { $0 | $1 } >= 0x80 }
}
