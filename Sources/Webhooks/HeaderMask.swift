// HeaderMask.swift — takes the values of an endpoint's header fields out of what it answers: many receivers repeat what they got.

import Queue

struct HeaderMask: Sendable {
    private static let mask = Array("***".utf8)
    /// What is shorter says nothing, and is in every other text.
    private static let shortest = 6

    /// The longest first: one may be a part of another.
    private let values: [[UInt8]]

    /// Also without the scheme of credentials before it (RFC 9110 §11.4).
    init(_ headers: EndpointHeaders) {
        let words = headers.values.values.flatMap { [$0] + $0.split(separator: " ").map(String.init) }
        values = Set(words.map { Array($0.utf8) }).filter { $0.count >= Self.shortest }.sorted { $0.count > $1.count }
    }

    func hiding(in result: PostResult) -> PostResult {
        guard !values.isEmpty else { return result }
        var result = result
        result.error = result.error.map(hiding)
        result.headers = result.headers.map { ($0.name, hiding($0.value)) }
        result.bodyPrefix = hiding(result.bodyPrefix)
        return result
    }

    private func hiding(_ text: String) -> String { String(decoding: hiding(Array(text.utf8)), as: UTF8.self) }

    private func hiding(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for value in values { bytes = bytes.replacing(value, with: Self.mask) }
        // The beginning of an answer may end within one.
        for value in values {
            let cut = stride(from: min(value.count, bytes.count), to: Self.shortest - 1, by: -1)
            if let length = cut.first(where: { bytes.suffix($0).elementsEqual(value.prefix($0)) }) {
                bytes.replaceSubrange((bytes.count - length)..., with: Self.mask)
            }
        }
        return bytes
    }
}
