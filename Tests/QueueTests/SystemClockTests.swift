// SystemClockTests.swift — the machine's clock rings at its time, and not before.

import Testing

@testable import Queue

struct SystemClockTests {
    @Test(arguments: [Duration.milliseconds(-5_000), .zero, .milliseconds(30)])
    func ringsAsSoonAsTheTimeHasCome(wait: Duration) async {
        let clock = SystemClock()
        let time = clock.now + wait
        await clock.wait(until: time)
        #expect(clock.now >= time)
    }

    @Test func ringsNoMoreOnceCancelled() async {
        let clock = SystemClock()
        let timer = clock.schedule(at: clock.now + .milliseconds(20)) { Issue.record("it rang") }
        timer.cancel()
        await clock.wait(until: clock.now + .milliseconds(60))
    }

    @Test func bearsWithTheEndOfTime() {
        SystemClock().schedule(at: Timestamp(milliseconds: .max)) {}.cancel()
        SystemClock().schedule(at: Timestamp(milliseconds: .min)) {}.cancel()
    }
}
