// HeaderMaskTests.swift — what a receiver repeats of the header fields that it got is not kept.

import Queue
import Testing

@testable import Webhooks

@Suite struct HeaderMaskTests {
    private let mask = HeaderMask(EndpointHeaders(["authorization": "Bearer canary-0123456789", "x-team": "a"]))

    private func hidden(_ body: String) -> String {
        let result = PostResult(
            status: 500, latency: .zero, error: "got canary-0123456789", bodyPrefix: Array(body.utf8))
        let hidden = mask.hiding(in: result)
        #expect(hidden.error == "got ***")
        return String(decoding: hidden.bodyPrefix, as: UTF8.self)
    }

    @Test(arguments: [
        ("you sent Bearer canary-0123456789, a", "you sent ***, a"), ("key=canary-0123456789&x", "key=***&x"),
        ("cut off: canary-01234", "cut off: ***"), ("nothing of it", "nothing of it"), ("", ""),
    ])
    func hidesWhatIsRepeated(body: String, expected: String) { #expect(hidden(body) == expected) }
}
