// ScheduleTests.swift — the waits of the contract.

import Testing
import Webhooks

struct ScheduleTests {
    static let exact = WebhookSchedule(jitter: { 0 })

    @Test(arguments: zip(1...9, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]))
    func waits(afterTry number: Int, seconds: Int) {
        #expect(Self.exact.wait(afterTry: number, retryAfter: nil) == .seconds(seconds))
    }

    @Test(arguments: [0, 10, 11]) func thereIsNoTryAfter(number: Int) {
        #expect(Self.exact.wait(afterTry: number, retryAfter: .seconds(1)) == nil)
    }

    @Test(arguments: [(1, 60, 60), (1, 4, 5), (2, 60, 300), (1, 1_000_000, 86_400)])
    func retryAfterOnlyLengthensUpToADay(number: Int, retryAfter: Int, expected: Int) {
        #expect(Self.exact.wait(afterTry: number, retryAfter: .seconds(retryAfter)) == .seconds(expected))
    }

    @Test func jitterStaysWithinATenth() {
        let waits = (0..<1000).compactMap { _ in WebhookSchedule().wait(afterTry: 2, retryAfter: nil) }
        #expect(waits.allSatisfy { $0 >= .seconds(270) && $0 <= .seconds(330) })
        #expect(Set(waits).count > 100)
    }
}
