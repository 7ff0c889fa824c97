// RecipientStateTests.swift — what users are told a message's status is.

import Testing

@testable import Queue

@Suite struct RecipientStateTests {
    @Test(
        arguments: [
            ([.scheduled], .scheduled), ([.scheduled, .delivered], .scheduled), ([.scheduled, .queued], .queued),
            ([.queued], .queued), ([.delayed], .queued), ([.delayed, .scheduled], .queued),
            ([.queued, .bounced], .queued),
            ([.delivered], .delivered), ([.delivered, .delivered], .delivered),
            ([.delivered, .failed], .partiallyDelivered),
            ([.delivered, .canceled], .partiallyDelivered), ([.bounced], .undelivered),
            ([.failed, .suppressed], .undelivered),
            ([.canceled, .bounced], .undelivered), ([.canceled, .canceled], .canceled),
        ] as [([RecipientStatus], MessageStatus)])
    func aMessageIsWhatItsRecipientsAre(_ recipients: [RecipientStatus], _ status: MessageStatus) {
        #expect(MessageStatus(of: recipients) == status)
    }
}
