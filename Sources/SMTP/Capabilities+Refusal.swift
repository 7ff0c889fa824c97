// Capabilities+Refusal.swift — what a server need not be asked: by its answer to EHLO it cannot take it.
//
// Eight bits go only to who offers 8BITMIME (RFC 6152), a header or an address in UTF-8 only to who offers SMTPUTF8
// (RFC 6531 §3.2). Nothing is converted: that would break signatures, and there is no other spelling of a local-part.

import Mail

extension Capabilities {
    /// Why the server cannot take this message, whoever it is for; nil if it can.
    func refusal(of transaction: MailTransaction) -> Reply? {
        if let maximumSize, transaction.size > maximumSize {
            return .byUs(552, "5.3.4", "the message has \(transaction.size) bytes, the server takes \(maximumSize)")
        }
        if !offersSMTPUTF8, transaction.form.hasUTF8Header {
            return .byUs(553, "5.6.7", "the header is not ASCII, and the server does not offer SMTPUTF8")
        }
        if !offersSMTPUTF8, transaction.hasUTF8ReversePath {
            return .byUs(553, "5.6.7", "the sender's address is not ASCII, and the server does not offer SMTPUTF8")
        }
        // RFC 6531 §3.1 — who offers SMTPUTF8 must offer 8BITMIME too. Who does not is taken at its word: addresses in
        // UTF-8, but no eight bits in the content.
        if !offers8BitMIME, transaction.needs8BitMIME {
            return .byUs(554, "5.6.3", "the message has 8-bit text, and the server does not offer 8BITMIME")
        }
        return nil
    }

    /// Why the server cannot take this one recipient.
    func refusal(of forwardPath: Mailbox) -> Reply? {
        guard !offersSMTPUTF8, forwardPath.needsSMTPUTF8 else { return nil }
        return .byUs(553, "5.6.7", "the address is not ASCII, and the server does not offer SMTPUTF8")
    }
}

extension Reply {
    /// What the server would say; whoever reads it must see that it did not.
    fileprivate static func byUs(_ code: Int, _ enhancedCode: String, _ reason: String) -> Reply {
        Reply(code, "\(enhancedCode) Refused by Postrider: \(reason)", isLocal: true)
    }
}
