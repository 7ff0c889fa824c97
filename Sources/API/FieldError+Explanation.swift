// FieldError+Explanation.swift — what each kind of wrong field means and what to do about it.

extension FieldError.Code {
    package var explanation: Explanation {
        switch self {
        case .required: .required
        case .invalidType: .invalidType
        case .invalidValue: .invalidValue
        case .invalidAddress: .invalidAddress
        case .invalidURL: .invalidURL
        case .invalidCursor: .invalidCursor
        case .tooLong: .tooLong
        case .tooMany: .tooMany
        case .outOfRange: .outOfRange
        case .controlCharacter: .controlCharacter
        case .unknownMember: .unknownMember
        case .unknownParameter: .unknownParameter
        case .notAllowed: .notAllowed
        case .inTransaction: .inTransaction
        case .alreadyFinal: .alreadyFinal
        case .scheduled: .scheduled
        }
    }
}

extension Explanation {
    fileprivate static let required = Explanation(
        "The member is not there, or null or empty where it must say something.",
        cure: "Send it. If your program thinks that it does, look at the spelling of its name.")

    fileprivate static let invalidType = Explanation(
        "The value is of another JSON type than it must be.",
        cure: "`detail` has the type that is wanted: `\"5\"` is a string, `5` a number.")

    fileprivate static let invalidValue = Explanation(
        "The value is of the right type, but none that is possible here, or it contradicts another.",
        cure: "`detail` says which values there are.")

    fileprivate static let invalidAddress = Explanation(
        "It is not an address of the form `local@domain.example` or `Name <local@domain.example>`, nor a domain.",
        cure: """
            `detail` says what is wrong with it. A name that has a comma, a dot or other special characters is put in double \
            quotes, or given apart: `{"email":"…","name":"…"}`. In a query, write a plus sign as `%2B`.
            """)

    fileprivate static let invalidURL = Explanation(
        "It is not a URL that this server may post to: not `https`, not absolute, or it leads to an address that is not public.",
        cure: """
            Give an absolute `https` URL without a user name and password. Whoever runs the server can allow receivers in private \
            networks with `webhooks.allow_networks`.
            """)

    fileprivate static let invalidCursor = Explanation(
        "The cursor was not given by this list.",
        cure: "Pass `next_cursor` of the last page as it is, to the same list; leave it out to begin anew.")

    fileprivate static let tooLong = Explanation(
        "The text has more characters or bytes than there is room for.", cure: "`detail` has the limit.")

    fileprivate static let tooMany = Explanation(
        "The list or object has more elements than may be given at once.",
        cure: "`detail` has the limit. Spread them over several requests.")

    fileprivate static let outOfRange = Explanation(
        "The number, time or duration is less or more than is possible.", cure: "`detail` has the bounds.")

    fileprivate static let controlCharacter = Explanation(
        """
        The text has a line break, a NUL or another control character where it may have none: in a header field it would begin \
        another field.
        """,
        cure: "Take it out before you send, most of all from what your users wrote.")

    fileprivate static let unknownMember = Explanation(
        "The object has no member of this name. Nothing is ignored, so that a slip of the pen cannot lose a part of a message.",
        cure: "`detail` names the one that is meant, if any is near. Your own data goes into `metadata`.")

    fileprivate static let unknownParameter = Explanation(
        "The query has no parameter of this name here.",
        cure: "`detail` names the one that is meant, if any is near. Members of a body have no place in the query.")

    fileprivate static let notAllowed = Explanation(
        "It is for the server to set, or this key may not set it.",
        cure: "Leave it out. What `From`, `To`, `Subject` and the like say comes from the members of the same name.")

    fileprivate static let inTransaction = Explanation(
        "The recipient's server is being spoken to at this moment, and may take the message.",
        cure: "Ask again in a moment: if the server defers it, it can be canceled then.")

    fileprivate static let alreadyFinal = Explanation(
        "The recipient has its final status, and keeps it.",
        cure: "To try again, send the message again. Nothing is left to cancel.")

    fileprivate static let scheduled = Explanation(
        "The recipient waits for the message's `send_at`, not for another attempt.",
        cure: "To send it earlier, change `send_at` with PATCH.")
}
