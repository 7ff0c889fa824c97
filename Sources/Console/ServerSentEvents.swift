// ServerSentEvents.swift — reads a stream of server-sent events, in whatever pieces it comes (HTML Standard §9.2.6).

struct ServerSentEvent: Equatable {
    /// Empty if the stream has not named one yet.
    var id: String
    var type: String
    var data: [UInt8]
}

struct ServerSentEvents {
    struct TooLong: Error, CustomStringConvertible {
        var description: String { "the stream has a line of more than \(ServerSentEvents.longestLine) bytes" }
    }

    /// No event of ours comes near it: what goes on for longer is no stream of events.
    static let longestLine = 16 << 20

    /// Of the last event that was complete, or where the stream said that it begins.
    private(set) var lastID = ""
    /// How long to wait before connecting again, if the stream has said so.
    private(set) var retry: Duration?
    private var line: [UInt8] = []
    private var endsInCR = false
    private var pendingID: String?
    private var type = ""
    private var data: [UInt8]?

    init(lastID: String = "") { self.lastID = lastID }

    /// Hands over each event as its empty line comes.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ take: (ServerSentEvent) throws -> Void) throws {
        for byte in bytes {
            // CR, LF and CRLF end a line alike.
            if byte == 0x0A, endsInCR {
                endsInCR = false
                continue
            }
            endsInCR = byte == 0x0D
            guard byte == 0x0A || byte == 0x0D else {
                guard line.count < Self.longestLine else { throw TooLong() }
                line.append(byte)
                continue
            }
            if let event = endLine() { try take(event) }
        }
    }

    /// The event, if this was the empty line that ends one. An id without data moves the place without an event.
    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard line.isEmpty else {
            takeField()
            return nil
        }
        defer { (type, data) = ("", nil) }
        if let pendingID { lastID = pendingID }
        return data.map { ServerSentEvent(id: lastID, type: type, data: $0) }
    }

    private mutating func takeField() {
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        var value = line.dropFirst(name.count + 1)
        if value.first == 0x20 { value = value.dropFirst() }
        switch String(decoding: name, as: UTF8.self) {
        case "id": if !value.contains(0) { pendingID = String(decoding: value, as: UTF8.self) }
        case "event": type = String(decoding: value, as: UTF8.self)
        case "data": data = data.map { $0 + [0x0A] + value } ?? Array(value)
        case "retry":
            if value.count <= 9, let milliseconds = Int64(digits: value) { retry = .milliseconds(milliseconds) }
        default: break  // A comment, which begins with the colon, or what is yet to be invented.
        }
    }
}

extension Int64 {
    fileprivate init?(digits: ArraySlice<UInt8>) {
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.init(String(decoding: digits, as: UTF8.self))
    }
}
