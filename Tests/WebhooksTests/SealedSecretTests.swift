// SealedSecretTests.swift — endpoints' secrets in the store: opened to sign, sealed where an older version left them plain.

import Crypto
import Events
import Mail
import Queue
import TestSupport
import Testing
import Webhooks

@Suite(.timeLimit(.minutes(5)))
struct SealedSecretTests {
    private func endpoint(_ scene: Scene, at receiver: Receiver, secret: (EndpointID) -> String) async throws
        -> Endpoint
    {
        let id = EndpointID(at: scene.clock.now)
        return try #require(
            try await scene.store.createEndpoint(
                Endpoint(id: id, url: receiver.url, types: [], secret: secret(id), createdAt: scene.clock.now)))
    }

    @Test func aPlainSecretIsSealedAtTheStartAndSigns() async throws {
        let receiver = try await Receiver.listen()
        let secret = WebhookSecret()
        var scene = try await Scene.open()
        let endpoint = try await endpoint(scene, at: receiver) { _ in secret.text }
        scene = try await scene.reopened()
        let stored = try #require(try await scene.store.endpoint(endpoint.id, in: .default)).secret
        #expect(SecretBox.isSealed(stored))
        try await scene.submit()
        let request = try await receiver.next()
        let signed =
            Array("\(request.headers["webhook-id"] ?? "").".utf8)
            + Array("\(request.headers["webhook-timestamp"] ?? "").".utf8) + request.body
        #expect(
            request.headers["webhook-signature"] == "v1," + Base64.encode(HMACSHA256.code(of: signed, key: secret.key)))
        scene = try await scene.reopened()
        #expect(try await scene.store.endpoint(endpoint.id, in: .default)?.secret == stored)
        await scene.end()
    }

    /// Another endpoint's secret in its place does not open, and nothing is posted with it.
    @Test func aSecretSealedForAnotherIsNotUsed() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        _ = try await endpoint(scene, at: receiver) { _ in
            WebhookSecret().sealed(for: EndpointID(at: scene.clock.now), by: scene.secrets)
        }
        let good = try await endpoint(scene, at: receiver) { WebhookSecret().sealed(for: $0, by: scene.secrets) }
        try await scene.submit()
        _ = try await receiver.next()
        await scene.dispatcher.stop(within: .seconds(30))
        let posts = try await scene.store.endpoints(in: nil).filter { $0.cursor > 0 }
        #expect(posts.map(\.id) == [good.id])
        await scene.end()
    }

    @Test func anEventOfADomainIsPosted() async throws {
        let receiver = try await Receiver.listen()
        let scene = try await Scene.open()
        try await scene.endpoint(at: receiver)
        let name = Domain(trusted: "acme.test")
        let domain = SendingDomain(name: name, original: "acme.test", createdAt: scene.clock.now, keys: [])
        let stored = try #require(try await scene.store.createDomain(domain))
        let data = #"{"domain":{"name":"acme.test"}}"#
        _ = try await scene.store.updateDomain(stored, failing: DomainFailing(at: scene.clock.now, data: data))
        let request = try await receiver.next()
        let event = try #require(try await scene.events().first)
        #expect(request.body == EventPayload.bytes(of: event))
        #expect(String(decoding: request.body, as: UTF8.self).contains(#""type":"domain.failing""#))
        await scene.end()
    }
}
