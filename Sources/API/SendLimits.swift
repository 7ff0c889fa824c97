// SendLimits.swift — how much one message may have of what its sender gives, and how a tag is written.

import Mail

enum SendLimits {
    /// In `to`, `cc` and `bcc` together.
    static let recipients = 1000
    static let replyTo = 20
    /// RFC 5322 §2.1.1 — the longest line, were it not folded.
    static let subjectBytes = 998
    static let displayNameBytes = 998
    /// Of the caller's own; what they take together is bounded too.
    static let headers = 1000
    static let attachments = 100
    static let tags = 20
    static let metadataPairs = 50
    static let metadataBytes = 4096
    static let nameLength = 64
    static let tagLength = 256
    static let externalIDLength = 256
    static let sendAtDays = 60
    /// A `send_at` this little in the past means now: clocks differ, and requests take time.
    static let sendAtGrace = Duration.seconds(60)
    static let batch = 500
    /// Of all messages in a batch together.
    static let batchRecipients = 10_000
}

/// What is wrong with a tag, if anything is.
func tagFault(name: String, value: String) -> (FieldError.Code, String)? {
    if !isTagName(name) {
        (.invalidValue, "A tag's name has 1 to \(SendLimits.nameLength) letters, digits, _, - or dots.")
    } else if value.unicodeScalars.count > SendLimits.tagLength {
        (.tooLong, "A tag has at most \(SendLimits.tagLength) characters.")
    } else if value.containsControls {
        (.controlCharacter, "A tag has no control characters.")
    } else {
        nil
    }
}

private func isTagName(_ name: String) -> Bool {
    (1...SendLimits.nameLength).contains(name.utf8.count)
        && name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
}
