// AddressError.swift — what is wrong with an address, in a sentence for whoever wrote it.

package enum AddressError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case controlCharacter
    case invisibleCharacter
    case directionOverride
    case noAtSign
    case emptyLocalPart
    case localPartTooLong
    case misplacedDot
    case forbiddenInLocalPart
    case unclosedQuotes
    case badQuotedString
    case emptyDomain
    case domainTooLong
    case emptyLabel
    case labelTooLong
    case misplacedHyphen
    case forbiddenInDomain
    case singleLabel
    case numericTopLevel
    case notInternationalised
    case literal
    case badLiteral
    case addressTooLong
    case badDisplayName
    case badAngleBrackets
    case severalAddresses

    package var description: String {
        switch self {
        case .empty: "The address is empty."
        case .controlCharacter: "The address contains a control character."
        case .invisibleCharacter: "The part before the @ contains a character that nobody can see."
        case .directionOverride: "The display name contains a character that turns the direction of text around."
        case .noAtSign: "The address has no @."
        case .emptyLocalPart: "There is nothing before the @."
        case .localPartTooLong: "The part before the @ is longer than 64 bytes."
        case .misplacedDot: "The part before the @ begins or ends with a dot, or has two in a row."
        case .forbiddenInLocalPart: "The part before the @ contains a character that is only allowed in quotes."
        case .unclosedQuotes: "A quotation mark is not closed."
        case .badQuotedString: "The quoted part before the @ is malformed."
        case .emptyDomain: "There is no domain after the @."
        case .domainTooLong: "The domain is longer than 253 bytes."
        case .emptyLabel: "The domain begins or ends with a dot, or has two in a row."
        case .labelTooLong: "A label of the domain is longer than 63 bytes."
        case .misplacedHyphen: "A label of the domain begins or ends with a hyphen."
        case .forbiddenInDomain: "The domain contains a character other than letters, digits, hyphens and dots."
        case .singleLabel: "The domain is not fully qualified: it has no dot."
        case .numericTopLevel: "The domain ends in a number; an IP address is not accepted."
        case .notInternationalised: "The domain is not a valid internationalised domain name."
        case .literal: "An IP address in brackets is not accepted in place of a domain."
        case .badLiteral: "The IP address in brackets is malformed."
        case .addressTooLong: "The address is longer than 254 bytes."
        case .badDisplayName: "The display name must be put in quotes, because of a character in it."
        case .badAngleBrackets: "The angle brackets are unbalanced, or text follows them."
        case .severalAddresses: "There is more than one address in one text: send a list of them."
        }
    }
}
