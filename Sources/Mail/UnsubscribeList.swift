// UnsubscribeList.swift — the URIs of List-Unsubscribe (RFC 2369), and one-click unsubscribing by one of them (RFC 8058).

struct UnsubscribeList {
    /// RFC 8058 §3.1 — the one value of List-Unsubscribe-Post.
    static let oneClick = "List-Unsubscribe=One-Click"

    /// At least one is https.
    let hasHTTPS: Bool

    /// nil if `value` is not `<uri>, <uri>…`. A URI may hold commas itself. Comments, which RFC 2369 §2 allows, are refused:
    /// readers differ in them.
    init?(_ value: String) {
        var hasHTTPS = false
        var rest = Array(value.utf8).trimmingSpaces
        repeat {
            guard rest.first == .less, let end = rest.firstIndex(of: .greater) else { return nil }
            let uri = rest[..<end].dropFirst()
            guard Self.isURI(uri) else { return nil }
            if uri.prefix(6).map(\.asciiLowercased).elementsEqual("https:".utf8) { hasHTTPS = true }
            rest = rest[(end + 1)...].trimmingSpaces
            if rest.isEmpty { break }
            guard rest.first == UInt8(ascii: ",") else { return nil }
            rest = rest.dropFirst().trimmingSpaces
        } while true
        self.hasHTTPS = hasHTTPS
    }

    /// The field to add to those of a caller who unsubscribes by https and does not say how.
    static func post(for headers: [HeaderField]) -> HeaderField? {
        guard offersHTTPS(in: headers), postField(in: headers) == nil else { return nil }
        return .structured("List-Unsubscribe-Post", oneClick)
    }

    /// The field of a caller who promises one click, but gives no https URI for it (RFC 8058 §3.1).
    static func emptyPromise(in headers: [HeaderField]) -> HeaderField? {
        postField(in: headers).flatMap { offersHTTPS(in: headers) ? nil : $0 }
    }

    private static func postField(in headers: [HeaderField]) -> HeaderField? {
        headers.first { $0.isNamed("list-unsubscribe-post") }
    }

    private static func offersHTTPS(in headers: [HeaderField]) -> Bool {
        headers.first { $0.isNamed("list-unsubscribe") }?.text.flatMap { UnsubscribeList($0) }?.hasHTTPS == true
    }

    /// RFC 3986 §3 — a scheme, a colon and something, all of printable ASCII.
    private static func isURI(_ uri: ArraySlice<UInt8>) -> Bool {
        guard let colon = uri.firstIndex(of: UInt8(ascii: ":")), uri.index(after: colon) < uri.endIndex else {
            return false
        }
        let scheme = uri[..<colon]
        return scheme.first.map { $0.isLetterOrDigit && $0 > UInt8(ascii: "9") } == true
            && scheme.allSatisfy { $0.isLetterOrDigit || "+-.".utf8.contains($0) }
            && uri.allSatisfy { $0.isPrintable && $0 != .space && !"<>\"\\".utf8.contains($0) }
    }
}
