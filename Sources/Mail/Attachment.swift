// Attachment.swift — a file that goes with a message: its name, its type and its bytes, all checked.

package struct Attachment: Sendable {
    /// 1 to 255 UTF-16 code units, without controls and without a directory.
    package let filename: String
    package let contentType: ContentType
    /// Without angle brackets (RFC 2392). Where the message's html refers to it, the file stands in line with that; else it
    /// is attached like any other, for readers show in no list of files what claims to be in line.
    package let contentID: String?
    /// Arrive as they are, byte for byte. Those of a message have CRLF line ends, whatever they came with.
    package let bytes: [UInt8]
    let encoding: TransferEncoding

    /// Without a content type, the filename's ending says it. `contentID` may have its angle brackets. Throws all that is
    /// wrong at once.
    package init(
        filename: String, contentType: String? = nil, contentID: String? = nil, bytes: [UInt8]
    ) throws(AttachmentError) {
        let id = contentID.map(Self.withoutBrackets)
        var problems = [Self.problem(ofFilename: filename), id.flatMap(Self.problem(ofContentID:))].compactMap(\.self)
        var written: Written?
        do throws(ContentTypeError) {
            let given = try contentType.map { text throws(ContentTypeError) in try ContentType(parsing: text) }
            written = Written(bytes, as: given, filename: filename)
            if written == nil { problems.append(.init(.contentType, Self.unencodable)) }
        } catch {
            problems.append(.init(.contentType, error.description, isControl: error == .controlCharacter))
        }
        guard problems.isEmpty, let written else { throw AttachmentError(problems: problems) }
        (self.filename, self.contentID) = (filename, id)
        (self.contentType, encoding, self.bytes) = (written.type, written.encoding, written.bytes)
    }

    private static let unencodable = """
        A message as an attachment must be 7-bit, with lines of at most 998 bytes, for it may not be encoded \
        (RFC 2046 §5.2.1); give it another content type, such as application/octet-stream.
        """

    /// What goes into a message for a file.
    private struct Written {
        let type: ContentType
        let encoding: TransferEncoding
        let bytes: [UInt8]

        /// nil if the type allows no encoding that the bytes need.
        init?(_ bytes: [UInt8], as given: ContentType?, filename: String) {
            let type = given ?? ContentType(filename: filename)
            // Saved on most systems with LF; it cannot be encoded to keep that.
            let canonical = type.isBareMessage ? bytes.withCanonicalLines : bytes
            if let encoding = TransferEncoding(keeping: canonical, as: type) {
                // RFC 2046 §4.1.2 — without a charset it is US-ASCII, which would be wrong.
                let needsCharset = type.type == "text" && type["charset"] == nil && bytes.isUTF8BeyondASCII
                self.type = needsCharset ? type.adding("charset", "utf-8") : type
                (self.encoding, self.bytes) = (encoding, canonical)
            } else if given == nil {
                // Only its name says that it is a message; as a file it arrives whole.
                (self.type, encoding, self.bytes) = (.octetStream, .base64, bytes)
            } else {
                return nil
            }
        }
    }

    private static func problem(ofFilename filename: String) -> AttachmentError.Problem? {
        let detail: String
        switch filename {
        case "": detail = "The filename is empty."
        case ".", "..": detail = "The filename names a directory."
        case _ where filename.containsControls:
            detail = "The filename contains a line break or another control character."
            return .init(.filename, detail, isControl: true)
        // As NTFS counts: in bytes, a Thai title would be too long at 85 characters.
        case _ where filename.utf8.count > 3 * 255 || filename.utf16.count > 255:
            detail = "The filename is longer than 255 UTF-16 code units."
        case _ where filename.utf8.contains { $0 == UInt8(ascii: "/") || $0 == .backslash }:
            detail = "The filename contains a slash or a backslash; give it without its directory."
        default: return nil
        }
        return .init(.filename, detail)
    }

    private static func withoutBrackets(_ id: String) -> String {
        guard id.utf8.count >= 2, id.utf8.first == .less, id.utf8.last == .greater else { return id }
        return String(id.utf8.dropFirst().dropLast()) ?? id
    }

    /// RFC 2392 §2 asks for `left@right`, but most callers say just `logo`, and every reader takes it.
    private static func problem(ofContentID id: String) -> AttachmentError.Problem? {
        guard !id.containsControls else {
            let detail = "The content id contains a line break or another control character."
            return .init(.contentID, detail, isControl: true)
        }
        let isID = !id.isEmpty && id.utf8.allSatisfy { $0.isAtext || $0 == .dot || $0 == .at }
        guard isID, id.utf8.count(where: { $0 == .at }) <= 1, id.utf8.first != .at, id.utf8.last != .at else {
            return .init(.contentID, "The content id is not of the form left@right, or just a word, in plain ASCII.")
        }
        return id.utf8.count <= 200 ? nil : .init(.contentID, "The content id is longer than 200 bytes.")
    }

    package enum Member: String, Sendable {
        case filename
        case contentType = "content_type"
        case contentID = "content_id"
    }
}

package struct AttachmentError: Error, Hashable, Sendable {
    package struct Problem: Hashable, Sendable {
        package let member: Attachment.Member
        /// One sentence.
        package let detail: String
        /// Whether it is a control character that is wrong.
        package let isControl: Bool

        init(_ member: Attachment.Member, _ detail: String, isControl: Bool = false) {
            (self.member, self.detail, self.isControl) = (member, detail, isControl)
        }
    }
    /// Never empty.
    package let problems: [Problem]
}

extension [UInt8] {
    fileprivate var isUTF8BeyondASCII: Bool {
        do throws(UTF8.ValidationError) {
            return try !UTF8Span(validating: span).isKnownASCII
        } catch {
            return false
        }
    }
}
