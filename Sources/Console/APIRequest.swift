// APIRequest.swift — what a command asks of the API, and what came back.

struct APIRequest: Sendable {
    var method: String
    /// Below the service's address, with its query.
    var path: String
    var body: [UInt8]?
    var contentType = "application/json"
    /// `name: value` each, beside those that every request has.
    var fields: [String] = []
    /// Whether it does no harm to ask it twice when the first answer was lost.
    var isRepeatable: Bool
    /// How long its answer may be waited for, before anything that the service itself was asked to wait.
    var patience: Duration = .seconds(90)

    init(_ method: String, _ path: String) {
        (self.method, self.path) = (method, path)
        isRepeatable = method == "GET"
    }

    /// The service does it once, however often it is asked.
    mutating func setIdempotencyKey(_ key: String) {
        fields.append("idempotency-key: \(key)")
        isRepeatable = true
    }

    /// RFC 7240 §4.3.
    mutating func prefer(wait seconds: Int64) {
        fields.append("prefer: wait=\(seconds)")
        patience += .seconds(seconds)
    }
}

struct APIAnswer: Sendable {
    let status: Int
    let body: [UInt8]
    /// By its name in lower case.
    let fields: [String: String]

    var isSuccess: Bool { (200...299).contains(status) }
}
