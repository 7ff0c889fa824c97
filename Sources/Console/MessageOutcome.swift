// MessageOutcome.swift — waits until every recipient of a message is final, or as long as the user wants to.

import Spelling

struct MessageOutcome {
    let client: APIClient
    /// In all; zero does not wait.
    let patience: Duration
    private let start = ContinuousClock.now

    /// What the service waits at most for one request.
    private static let longestPreference: Int64 = 60

    init(client: APIClient, patience: Duration) { (self.client, self.patience) = (client, patience) }

    private var secondsLeft: Int64 { max(0, (patience - (ContinuousClock.now - start)).components.seconds) }

    /// The same request, whose answer comes when the message is final or the time is over.
    func asking(_ request: APIRequest) -> APIRequest {
        var request = request
        if secondsLeft > 0 { request.prefer(wait: min(secondsLeft, Self.longestPreference)) }
        return request
    }

    /// The message as it is when it is final or the time is over. `document` is what it was.
    func settled(_ document: Document) throws -> Document {
        var document = document
        while !MessageListing(document.object).isFinal, secondsLeft > 0 {
            let path = apiPath("messages", document.object.text("id"))
            let answer = try client.answer(asking(APIRequest("GET", path)))
            guard let next = Document(answer.body) else { return document }
            document = next
            // One that does not wait, as it is about to leave, is not to be asked without end.
            if answer.fields["preference-applied"] == nil, !MessageListing(next.object).isFinal {
                client.pause(.seconds(1))
            }
        }
        return document
    }
}
