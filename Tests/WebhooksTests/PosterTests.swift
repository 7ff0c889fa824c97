// PosterTests.swift — posts on the wire, against scripted receivers on loopback.

import Address
import Foundation
import Testing
import Webhooks

@Suite(.timeLimit(.minutes(5)))
struct PosterTests {
    static let loopback = AddressPolicy(allowed: ["127.0.0.0/8", "::1"].compactMap { Network($0) })

    /// Posts once, with a poster of its own.
    static func post(
        to url: String, policy: AddressPolicy = loopback, total: Duration = .seconds(15)
    ) async -> PostResult {
        var limits = WebhookPoster.Limits()
        limits.total = total
        let poster = WebhookPoster(policy: policy, limits: limits)
        defer { poster.stop() }
        return await poster.post(WebhookPost(url: url, headers: ["content-type: application/json"], body: body))
    }

    static let body = Array(#"{"a":1}"#.utf8)

    @Test func sendsWhatItIsGiven() async throws {
        let receiver = try await Receiver.listen()
        let poster = WebhookPoster(policy: Self.loopback)
        defer { poster.stop() }
        let result = await poster.post(
            WebhookPost(
                url: receiver.url + "?k=v",
                headers: ["webhook-id: evt_1", "content-type: application/json", "user-agent: Postrider"],
                body: [0x7B, 0x00, 0x7D]))
        let request = try await receiver.next()
        #expect(result.status == 200 && result.isSuccess && result.latency > .zero)
        #expect(request.line == "POST /hook?k=v HTTP/1.1")
        #expect(request.body == [0x7B, 0x00, 0x7D])
        #expect(request.headers["webhook-id"] == "evt_1")
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["user-agent"] == "Postrider")
        #expect(request.headers["expect"] == nil)
    }

    @Test(arguments: [(200, true), (204, true), (299, true), (302, false), (400, false), (410, false), (503, false)])
    func status(code: Int, isSuccess: Bool) async throws {
        let receiver = try await Receiver.listen { _ in .status(code) }
        let result = await Self.post(to: receiver.url)
        #expect(result.status == code && result.isSuccess == isSuccess && result.isGone == (code == 410))
    }

    @Test func doesNotFollowRedirects() async throws {
        let receiver = try await Receiver.listen { _ in .status(307, "location: /elsewhere") }
        let result = await Self.post(to: receiver.url)
        #expect(result.status == 307 && !result.isSuccess)
        #expect(receiver.requests == 1)
    }

    @Test func readsRetryAfterInSeconds() async throws {
        let receiver = try await Receiver.listen { _ in .status(503, "retry-after: 120") }
        #expect(await Self.post(to: receiver.url).retryAfter == .seconds(120))
    }

    @Test func readsRetryAfterAsADate() async throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = formatter.string(from: Date(timeIntervalSinceNow: 600))
        let receiver = try await Receiver.listen { _ in .status(429, "retry-after: \(date)") }
        let wait = try #require(await Self.post(to: receiver.url).retryAfter)
        #expect(wait > .seconds(540) && wait <= .seconds(600))
    }

    @Test(arguments: ["retry-after: soon", "retry-after: -5", "retry-after: Thu, 01 Jan 1998 00:00:00 GMT"])
    func ignoresRetryAfter(header: String) async throws {
        let receiver = try await Receiver.listen { _ in .status(503, header) }
        #expect(await Self.post(to: receiver.url).retryAfter == nil)
    }

    @Test func givesUpAfterItsTimeout() async throws {
        let receiver = try await Receiver.listen { _ in .none }
        let result = await Self.post(to: receiver.url, total: .milliseconds(50))
        #expect(result.status == nil && result.error?.contains("timed out") == true)
    }

    @Test func keepsTheBeginningOfTheBody() async throws {
        let receiver = try await Receiver.listen { _ in
            .raw("HTTP/1.1 500 X\r\ncontent-length: 5000\r\n\r\n" + String(repeating: "e", count: 5000))
        }
        let result = await Self.post(to: receiver.url)
        #expect(result.status == 500)
        #expect(result.bodyPrefix == [UInt8](repeating: UInt8(ascii: "e"), count: 4096))
    }

    @Test func cutsOffABodyWithoutEndAndTakesItsStatus() async throws {
        let receiver = try await Receiver.listen { _ in
            .raw("HTTP/1.1 200 X\r\ncontent-length: 9999999\r\n\r\n" + String(repeating: "e", count: 70_000))
        }
        let result = await Self.post(to: receiver.url)
        #expect(result.status == 200 && result.isSuccess && result.bodyPrefix.count == 4096)
    }

    @Test func refusesAHeaderWithoutEnd() async throws {
        let line = "x: " + String(repeating: "h", count: 1000) + "\r\n"
        let receiver = try await Receiver.listen { _ in
            .raw("HTTP/1.1 200 X\r\n" + String(repeating: line, count: 80))
        }
        let result = await Self.post(to: receiver.url)
        #expect(result.status == nil && result.error == "the answer's header is longer than 65536 bytes")
    }

    @Test(arguments: ["", "HTTP/1.1 200 X\r\ncontent-length: 5\r\n\r\nab", "220 mail.example ESMTP\r\n"])
    func anAnswerThatIsNotWholeIsAnError(answer: String) async throws {
        let receiver = try await Receiver.listen { _ in .last(answer) }
        let result = await Self.post(to: receiver.url)
        #expect(result.status == nil && result.error != nil && !result.isSuccess)
    }

    @Test(arguments: ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
    func neverConnectsToAnAddressThatIsNotAllowed(host: String) async throws {
        let receiver = try await Receiver.listen()
        for scheme in ["http", "https"] {
            let result = await Self.post(to: "\(scheme)://\(host):\(receiver.port)/", policy: AddressPolicy())
            #expect(result.status == nil)
            #expect(result.error?.contains("is not in webhooks.allow_networks") == true, "\(result.error ?? "")")
        }
        #expect(receiver.connections == 0)
    }

    @Test func clearTextGoesToNamedNetworksOnly() async throws {
        let elsewhere = AddressPolicy(allowed: ["10.0.0.0/8"].compactMap { Network($0) })
        let result = await Self.post(to: "http://8.8.8.8:9/", policy: elsewhere)
        #expect(result.error?.hasSuffix("http:// needs it there") == true)
    }

    @Test(arguments: ["ftp", "file", "dict"])
    func speaksNothingButHTTP(scheme: String) async throws {
        let receiver = try await Receiver.listen()
        let result = await Self.post(to: "\(scheme)://127.0.0.1:\(receiver.port)/etc/passwd")
        #expect(result.error != nil && result.bodyPrefix.isEmpty && receiver.connections == 0)
    }

    @Test func reusesItsConnection() async throws {
        let receiver = try await Receiver.listen()
        let poster = WebhookPoster(policy: Self.loopback)
        defer { poster.stop() }
        for _ in 0..<5 {
            #expect(await poster.post(WebhookPost(url: receiver.url, headers: [], body: Self.body)).isSuccess)
        }
        #expect(receiver.requests == 5 && receiver.connections == 1)
    }

    @Test func stoppingEndsWhatIsBeingPosted() async throws {
        let receiver = try await Receiver.listen { _ in .none }
        let poster = WebhookPoster(policy: Self.loopback)
        let post = WebhookPost(url: receiver.url, headers: [], body: Self.body)
        async let result = poster.post(post)
        _ = try await receiver.next()
        poster.stop()
        #expect(await result.error == "the service stopped before an answer came")
        #expect(await poster.post(post).error == "the service stopped before an answer came")
    }
}
