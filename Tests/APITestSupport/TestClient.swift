// TestClient.swift — a small HTTP client that holds every answer against openapi.yaml.

import Foundation
import JSON
import Testing

package struct Answer: Sendable {
    package let status: Int
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    package init(status: Int, fields: [(name: String, value: String)], body: [UInt8]) {
        (self.status, self.fields, self.body) = (status, fields, body)
    }

    package func field(_ name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }

    package var text: String { String(decoding: body, as: UTF8.self) }
    /// Null if the body is no JSON.
    package var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }

    package subscript(path: String...) -> JSONValue {
        path.reduce(json) { value, step in
            Int(step).flatMap { index in value.array.map { $0.indices.contains(index) ? $0[index] : .null } } ?? value
                .object?[step] ?? .null
        }
    }

    /// `#/to/1 invalid_address` for each entry of `errors`.
    package var errors: [String] {
        (self["errors"].array ?? []).map {
            "\($0.object?["pointer"]?.string ?? "") \($0.object?["code"]?.string ?? "")"
        }
    }
}

package struct TestClient: Sendable {
    package let port: Int
    package var key: String?

    package init(port: Int, key: String? = nil) { (self.port, self.key) = (port, key) }

    package func get(_ path: String, _ fields: [String: String] = [:]) async throws -> Answer {
        try await send("GET", path, fields)
    }

    package func post(_ path: String, _ body: String, _ fields: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, ["Content-Type": "application/json"].merging(fields) { $1 }, body)
    }

    package func patch(_ path: String, _ body: String) async throws -> Answer {
        try await send("PATCH", path, ["Content-Type": "application/json"], body)
    }

    package func delete(_ path: String) async throws -> Answer { try await send("DELETE", path) }

    /// One request on a connection of its own; records an issue for everything that the document does not say.
    package func send(_ method: String, _ path: String, _ fields: [String: String] = [:], _ body: String = "")
        async throws
        -> Answer
    {
        var all = ["Host": "localhost:\(port)", "Connection": "close", "Content-Length": String(body.utf8.count)]
        if let key { all["Authorization"] = "Bearer \(key)" }
        all.merge(fields) { $1 }
        let head = "\(method) \(path) HTTP/1.1\r\n" + all.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        let answer = try await exchange(head + body)
        for violation in OpenAPIDocument.shared.violations(in: answer, to: method, path) {
            Issue.record("\(method) \(path) → \(answer.status): \(violation)\n\(answer.text)")
        }
        return answer
    }

    /// Sends bytes as they are and reads until the server closes.
    package func exchange(_ request: String) async throws -> Answer {
        let port = port
        let bytes = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try roundTrip(request, port: port) }) }
        }
        return try #require(Answer(parsing: bytes))
    }
}

private func roundTrip(_ request: String, port: Int) throws -> [UInt8] {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
    var rest = Array(request.utf8)[...]
    while !rest.isEmpty {
        let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent > 0 else { throw POSIXError(.EPIPE) }
        rest = rest.dropFirst(sent)
    }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 { answer += chunk[..<count] }
    return answer
}

extension Answer {
    /// A whole response whose body is what is left.
    fileprivate init?(parsing bytes: [UInt8]) {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        let fields = lines.dropFirst().map { line in
            let halves = line.split(separator: ":", maxSplits: 1)
            return (String(halves[0]), halves.count == 2 ? String(halves[1].drop { $0 == " " }) : "")
        }
        let isChunked = fields.contains { $0.0.lowercased() == "transfer-encoding" && $0.1 == "chunked" }
        // An answer to HEAD has the fields of one with a body, and none.
        guard
            let body = isChunked && bytes.count > end + 4
                ? Self.joined(chunks: bytes[(end + 4)...]) : Array(bytes[(end + 4)...])
        else {
            return nil
        }
        self.init(status: status, fields: fields, body: body)
    }

    /// Nil if the last one is missing.
    private static func joined(chunks bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var (body, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes)
        while let end = rest.firstIndex(of: 13),
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), rest.count >= size + 4
        {
            if size == 0 { return body }
            body += rest[(end + 2)..<(end + 2 + size)]
            rest = rest[(end + 4 + size)...]
        }
        return nil
    }
}
