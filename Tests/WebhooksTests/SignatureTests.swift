// SignatureTests.swift — signatures and secrets of Standard Webhooks.

import Crypto
import Testing
import Webhooks

struct SignatureTests {
    static let body = Array(#"{"test": 2432232314}"#.utf8)

    /// The vector of the standard's reference libraries.
    @Test func fixedVector() throws {
        let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let value = WebhookSignature.headerValue(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Self.body, secrets: [secret])
        #expect(value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func eachSecretSigns() throws {
        let old = WebhookSecret(), new = WebhookSecret()
        func sign(_ secrets: WebhookSecret...) -> String {
            WebhookSignature.headerValue(id: "evt_1", timestamp: 1, body: Self.body, secrets: secrets)
        }
        #expect(sign(new, old) == sign(new) + " " + sign(old))
        #expect(sign(new) != sign(old))
    }

    @Test func freshSecretsReadBackAndDiffer() {
        let secret = WebhookSecret()
        #expect(secret.key.count == 32)
        #expect(WebhookSecret(secret.text) == secret)
        #expect(WebhookSecret() != secret)
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==",
        "whsec_" + Base64.encode(.random(count: 23)), "whsec_" + Base64.encode(.random(count: 65)),
    ])
    func refusesSecret(text: String) {
        #expect(WebhookSecret(text) == nil)
    }
}
