// Suppression.swift — an address that a project does not write to any more, and why.

import Mail

/// An address as suppressions know it: ASCII letters in lower case, the domain in A-labels, and then byte for byte. What
/// the case of a local-part means is its host's to say (RFC 5321 §2.4), but no host of note tells two mailboxes apart by
/// it, and a suppression that another spelling slips past is worse than one too many.
package struct SuppressedAddress: Sendable, CustomStringConvertible {
    /// `local@domain`
    package let description: String

    package init(_ mailbox: Mailbox) {
        description = mailbox.withSuppressionBytes { String(decoding: $0, as: UTF8.self) }
    }

    init(trusted text: String) { description = text }
}

extension Mailbox {
    /// `local@domain` as `SuppressedAddress` has it, on the stack: every recipient that is accepted is looked for.
    func withSuppressionBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let count = localPart.utf8.count + 1 + domain.ascii.utf8.count
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { bytes in
            var end = 0
            func append(_ byte: UInt8) {
                bytes[end] = byte
                end += 1
            }
            for byte in localPart.utf8 { append(byte.asciiLowercased) }
            append(UInt8(ascii: "@"))
            for byte in domain.ascii.utf8 { append(byte) }
            return body(UnsafeRawBufferPointer(bytes))
        }
    }
}

package enum SuppressionReason: String, Sendable, CaseIterable {
    /// A server said that the mailbox is dead.
    case bounce
    case complaint, unsubscribe
    /// Somebody asked for it.
    case manual
}

package struct Suppression: Sendable {
    package var address: SuppressedAddress
    package var reason: SuppressionReason
    /// Whose bounce it was; the message may be past its retention.
    package var message: MessageID?
    /// For people. Of a bounce, the reply.
    package var note: String?
    package var createdAt: Timestamp
    /// From then on it is as good as deleted.
    package var expiresAt: Timestamp?
    /// Rises with each that is added.
    package internal(set) var key: Int64 = 0
}

/// What somebody wants suppressed. What is nil stays as it is if the address is suppressed already.
package struct NewSuppression: Sendable {
    package var address: SuppressedAddress
    package var reason: SuppressionReason?
    package var note: String?
    package var expiresAt: Timestamp?

    package init(
        address: SuppressedAddress, reason: SuppressionReason? = nil, note: String? = nil, expiresAt: Timestamp? = nil
    ) {
        (self.address, self.reason, self.note, self.expiresAt) = (address, reason, note, expiresAt)
    }
}

/// Every member that is set must hold.
package struct SuppressionFilter: Sendable {
    package var reason: SuppressionReason?
    package var domain: Domain?
    /// How the address begins, in lower case.
    package var prefix: String?
    /// Added at or after.
    package var createdAfter: Timestamp?
    /// Added before.
    package var createdBefore: Timestamp?
    package init() {}
}
