// SSRFTests.swift — no URL leads a post to where the operator has not allowed it: refused when it is set, or before the first packet.

import Address
import Synchronization
import Testing
import Webhooks

@Suite(.timeLimit(.minutes(5)))
struct SSRFTests {
    static let closed = AddressPolicy()

    /// `PORT` is a listener's on loopback.
    static let refused = [
        "https://127.0.0.1:PORT/", "https://2130706433:PORT/", "https://0x7f.1:PORT/", "https://0x7f000001:PORT/",
        "https://127.1:PORT/", "https://127.0.1:PORT/", "https://0177.0.0.1:PORT/", "https://017700000001:PORT/",
        "https://[::1]:PORT/", "https://[::ffff:127.0.0.1]:PORT/", "https://[::ffff:7f00:1]:PORT/",
        "https://[::127.0.0.1]:PORT/", "https://[64:ff9b::7f00:1]:PORT/", "https://[2002:7f00:1::]:PORT/",
        "https://0.0.0.0:PORT/", "https://0:PORT/", "https://169.254.169.254:PORT/", "https://10.0.0.1:PORT/",
        "https://10.255.255.255:PORT/", "https://100.64.0.1:PORT/", "https://172.16.0.1:PORT/",
        "https://192.168.0.1:PORT/", "https://[fc00::1]:PORT/", "https://[fd12:3456::1]:PORT/",
        "https://[fe80::1]:PORT/", "https://localhost:PORT/", "https://localhost.:PORT/", "https://LOCALHOST:PORT/",
        "https://a.localhost:PORT/", "https://127.0.0.1.:PORT/", "https://1.:PORT/", "https://x.0x7f000001:PORT/",
        "https://user@127.0.0.1:PORT/", "https://example.net@127.0.0.1:PORT/", "https://example.net:x@127.0.0.1:PORT/",
        "https://127.0.0.1:PORT\\@example.net/", "https://127.0.0.1:PORT#@example.net/",
        "https://%31%32%37.0.0.1:PORT/",
        "https://127。0。0。1:PORT/", "https://①②⑦.0.0.1:PORT/", "https://127.0.0.1%00.example.net:PORT/",
        "https://[::1%25lo]:PORT/", "https:\\\\127.0.0.1:PORT/", "https:127.0.0.1:PORT/", "https:///127.0.0.1:PORT/",
        "http://127.0.0.1:PORT/", "http://example.net:PORT/", "gopher://127.0.0.1:PORT/", "file:///etc/passwd",
    ]

    @Test(arguments: refused) func isRefusedWhenSet(text: String) {
        #expect(throws: EndpointURL.Failure.self) {
            try EndpointURL(text.replacing("PORT", with: "9"), policy: Self.closed)
        }
    }

    /// As if it had been set before the networks were closed, or by a version that knew less.
    @Test(arguments: refused) func sendsNoPacketWhenPostedTo(text: String) async throws {
        let receiver = try await Receiver.listen()
        let url = text.replacing("PORT", with: "\(receiver.port)")
        let result = await PosterTests.post(to: url, policy: Self.closed, total: .seconds(2))
        #expect(result.status == nil && result.error != nil)
        #expect(receiver.connections == 0)
    }

    @Test func thisMachinesOwnAddressIsRefusedThoughItIsPublic() throws {
        let policy = AddressPolicy(own: [.v4(0x0808_0808)])
        #expect(throws: EndpointURL.Failure.addressNotAllowed(.v4(0x0808_0808))) {
            try EndpointURL("https://8.8.8.8/", policy: policy)
        }
    }

    private func post(
        _ url: String, policy: AddressPolicy, _ lookUp: @escaping WebhookPoster.LookUp
    ) async -> [PostResult] {
        let poster = WebhookPoster(policy: policy, lookUp: lookUp)
        defer { poster.stop() }
        var results: [PostResult] = []
        for _ in 0..<2 {
            results.append(await poster.post(WebhookPost(url: url, headers: ["connection: close"], body: [])))
        }
        return results
    }

    /// The first time to where it may lead, from then on to loopback: DNS rebinding.
    @Test func aNameThatResolvesAnewToAnotherAddressIsJudgedAnew() async throws {
        let receiver = try await Receiver.listen { _ in
            .last("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        }
        let asked = Mutex(0)
        let policy = AddressPolicy(allowed: ["127.0.0.1"].compactMap { Network($0) })
        let results = await post("http://hooks.example.test:\(receiver.port)/", policy: policy) { name in
            #expect(name == "hooks.example.test")
            let count = asked.withLock { count in
                count += 1
                return count
            }
            return .found([count == 1 ? .v4(0x7F00_0001) : .v4(0x7F00_0002)])
        }
        #expect(results[0].status == 200)
        #expect(results[1].error?.contains("127.0.0.2 is not in webhooks.allow_networks") == true)
        #expect(receiver.connections == 1)
    }

    @Test func aNameOfALoopbackAddressIsBlockedAtTheConnect() async throws {
        let receiver = try await Receiver.listen()
        for address in [IPAddress.v4(0x7F00_0001), .v6(1), .v6(0xFFFF_7F00_0001)] {
            let results = await post("https://hooks.example.test:\(receiver.port)/", policy: Self.closed) { _ in
                .found([address])
            }
            #expect(results.allSatisfy { $0.error?.contains("is not public") == true }, "\(results)")
        }
        #expect(receiver.connections == 0)
    }

    @Test func aNameWithoutAnAddressIsAnErrorInWords() async throws {
        let results = await post("https://hooks.example.test/", policy: Self.closed) { _ in
            .none(reason: "no such domain")
        }
        #expect(results[0].error == "the address of hooks.example.test is not known: no such domain")
    }

    @Test func addressesAreNotLookedUp() async throws {
        let receiver = try await Receiver.listen()
        let results = await post(receiver.url, policy: PosterTests.loopback) { _ in .none(reason: "asked") }
        #expect(results.map(\.status) == [200, 200])
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func aRedirectIsNotFollowed(status: Int) async throws {
        let inside = try await Receiver.listen()
        let location = "location: http://127.0.0.1:\(inside.port)/"
        let outside = try await Receiver.listen { _ in .status(status, location) }
        let result = await PosterTests.post(to: outside.url)
        #expect(result.status == status && !result.isSuccess)
        #expect(inside.connections == 0)
    }
}
