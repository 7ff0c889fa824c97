// SMTPServerBehaviour.swift — what a server session is told: its limits, and what it answers to mail.

import Mail
import NIOCore
import TLS

package struct SMTPServerSettings: Sendable {
    /// In the greeting and the answer to EHLO.
    package var name: String
    /// Offers STARTTLS when set.
    package var tls: TLSContext?
    /// Bytes of a message.
    package var maximumSize = 50 * 1024 * 1024
    /// RFC 5321 §4.5.3.1.8 — at least 100.
    package var maximumRecipients = 1_000
    /// RFC 5321 §4.5.3.2.7.
    package var timeout = TimeAmount.minutes(5)
    /// Offers XORIGIN: MAIL may say which message of the client's it is (RFC 5321 §4.1.1.1 leaves X… to two who agree).
    package var offersOrigin = false

    package init(name: String, tls: TLSContext? = nil) { (self.name, self.tls) = (name, tls) }
}

package struct ReceivedMessage: Sendable {
    package let reversePath: ReversePath
    /// The accepted ones, in the order of their RCPTs.
    package let forwardPaths: [Mailbox]
    /// Without dot-stuffing, CRLF at every line's end.
    package let content: [UInt8]
    /// Protocol and cipher; nil for clear text.
    package let tls: String?
    /// Which message of the client's it is, if it said so.
    package var origin: String?

    package init(reversePath: ReversePath, forwardPaths: [Mailbox], content: [UInt8], tls: String?) {
        (self.reversePath, self.forwardPaths, self.content, self.tls) = (reversePath, forwardPaths, content, tls)
    }
}

/// Asked on the session's event loop: may suspend, must not block.
package struct SMTPServerBehaviour: Sendable {
    package enum ContentAnswer: Sendable {
        case reply(Reply)
        /// Closes without a word: the client cannot know whether we have the message.
        case disconnect
    }

    package var recipient: @Sendable (Mailbox) async -> Reply
    /// A positive reply takes responsibility for the message.
    package var message: @Sendable (ReceivedMessage) async -> ContentAnswer

    package init(
        recipient: @escaping @Sendable (Mailbox) async -> Reply,
        message: @escaping @Sendable (ReceivedMessage) async -> ContentAnswer
    ) {
        (self.recipient, self.message) = (recipient, message)
    }
}
