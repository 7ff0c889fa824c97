// UnsubscribeList.swift — the URIs of List-Unsubscribe (RFC 2369), and one-click unsubscribing by one of them (RFC 8058).

struct UnsubscribeList {
    /// RFC 8058 §3.1 — the one value of List-Unsubscribe-Post.
    static let oneClick = "List-Unsubscribe=One-Click"

    /// At least one is https.
    let hasHTTPS: Bool

    /// nil if `value` is not `<uri>, <uri>…`. Comments, which RFC 2369 §2 allows, are refused: readers differ in them.
    init?(_ value: String) {
        var hasHTTPS = false
        for element in value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let element = Array(element).trimmingSpaces
            guard element.first == .less, element.last == .greater, element.count > 2 else { return nil }
            let uri = element.dropFirst().dropLast()
            guard Self.isURI(uri) else { return nil }
            if uri.prefix(6).map(\.asciiLowercased).elementsEqual("https:".utf8) { hasHTTPS = true }
        }
        self.hasHTTPS = hasHTTPS
    }

    /// The field to add to those of a caller who unsubscribes by https and does not say how.
    static func post(for headers: [HeaderField]) -> HeaderField? {
        func field(_ name: String) -> HeaderField? {
            headers.first { $0.name.utf8.map(\.asciiLowercased).elementsEqual(name.utf8) }
        }
        guard let list = field("list-unsubscribe")?.text, UnsubscribeList(list)?.hasHTTPS == true,
            field("list-unsubscribe-post") == nil
        else { return nil }
        return .structured("List-Unsubscribe-Post", oneClick)
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
