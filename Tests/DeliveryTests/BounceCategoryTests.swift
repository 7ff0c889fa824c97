// BounceCategoryTests.swift — what kind of refusal a 5yz was.

import Queue
import Testing

@testable import Delivery

struct BounceCategoryTests {
    private static let cases: [(Int, String?, String, Bounce.Kind)] = [
        (550, "5.1.1", "invalid_recipient", Bounce.Kind.hard), (550, nil, "invalid_recipient", .hard),
        (550, "5.0.0", "invalid_recipient", .hard), (550, "5.2.1", "mailbox_disabled", .hard),
        (552, "5.2.2", "mailbox_full", .soft), (552, nil, "message_too_large", .soft),
        (554, "5.7.1", "policy", .soft), (554, nil, "policy", .soft), (550, "5.7.26", "auth_failed", .soft),
        (503, nil, "protocol", .soft), (553, "5.6.7", "not_supported", .soft), (554, "5.6.3", "not_supported", .soft),
        (550, "5.9.9", "unknown", .soft),
    ]

    @Test(arguments: cases)
    func tellsByEnhancedCodeElseByReplyCode(code: Int, enhanced: String?, category: String, kind: Bounce.Kind) {
        let bounce = BounceCategory.bounce(code: code, enhancedCode: enhanced, text: "x", host: nil)
        #expect(bounce.category == category)
        #expect(bounce.kind == kind)
    }
}
