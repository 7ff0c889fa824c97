// HTTPParser.swift — HTTP/1.1 requests out of bytes, however they arrive in pieces (RFC 9112).
//
// A value without I/O: `feed` it what came in, then ask for the `next` event until it needs more. It reads one request
// at a time; what follows stays in its buffer. Anything that two parsers might read in two ways is refused, for that
// is how requests are smuggled; after a violation the rest of the connection means nothing.

import HTTPTypes

package struct HTTPParser: Sendable {
    package enum Event: Sendable {
        case needsBytes
        /// The client waits for `100 Continue` before it sends the body; comes once, and only if there is a body.
        case continueExpected
        /// A body of more than `HTTPLimits.smallBody` will be this long at least: comes before more than that of it is kept,
        /// once if its length is known, else with each chunk. Not for a body that is thrown away.
        case largeBody(length: Int)
        case request(Request)
    }

    package struct Request: Sendable {
        package var head: HTTPRequest
        package var body: [UInt8]
        /// Whether the client wants this to be the connection's last request.
        package var isLast: Bool
        /// Of a client that knows no transfer codings (RFC 9112 §6.1).
        package var isVersion10: Bool
    }

    /// What the bytes so far amount to.
    package enum Phase: Sendable {
        /// No byte of a request.
        case idle
        case head
        /// With the bytes of it that are there.
        case body(received: Int)
    }

    private enum State {
        case requestLine
        case fields
        case body(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailers
    }

    let limits: HTTPLimits
    private let scheme: String
    private var state = State.requestLine
    private var buffer: [UInt8] = []
    /// Everything before has been consumed.
    private var position = 0
    /// No line feed between `position` and here.
    private var scanned = 0
    private var head = RequestHead()
    private var body: [UInt8] = []
    /// Bytes of the body that have come, kept or not.
    private var received = 0
    private var chunkExtensions = 0
    private var continueIsDue = false

    /// `scheme` is what the connection is for: requests do not say (RFC 9110 §7.1).
    package init(limits: HTTPLimits = HTTPLimits(), scheme: String = "http") {
        (self.limits, self.scheme) = (limits, scheme)
    }

    package var phase: Phase {
        switch state {
        case .requestLine: buffered == 0 ? .idle : .head
        case .fields: .head
        case .body, .chunkSize, .chunk, .chunkEnd, .trailers: .body(received: received)
        }
    }

    /// Bytes of the body that are kept.
    package var kept: Int { body.count }

    /// RFC 9110 §9.3.1 — a body here has no meaning: it is read, so that the next request is found, and thrown away.
    private var ignoresBody: Bool { head.method == .get || head.method == .head }

    /// Bytes fed and not consumed: requests that wait for their turn, or the piece of a line.
    package var buffered: Int { buffer.count - position }

    /// A request that was begun is for HEAD: its answer, a refusal too, has no body.
    package var isHead: Bool { head.method == .head }

    /// The head of the request whose body is being read.
    package var request: HTTPRequest { head.request(scheme: scheme) }

    package mutating func feed(_ bytes: some Collection<UInt8>) {
        if position == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 64 << 10)
        } else if position > 0 {
            buffer.removeSubrange(..<position)
        }
        scanned -= position
        position = 0
        buffer.append(contentsOf: bytes)
    }

    package mutating func next() throws(HTTPViolation) -> Event {
        while true {
            if let event = try step() { return event }
        }
    }

    /// Nil: the state has moved on.
    private mutating func step() throws(HTTPViolation) -> Event? {
        if continueIsDue {
            continueIsDue = false
            return .continueExpected
        }
        return switch state {
        case .requestLine: try readRequestLine()
        case .fields: try readField()
        case .body(let remaining): readBody(remaining)
        case .chunkSize: try readChunkSize()
        case .chunk(let remaining): readChunk(remaining)
        case .chunkEnd: try readChunkEnd()
        case .trailers: try readTrailer()
        }
    }
}

// MARK: - The head

extension HTTPParser {
    private mutating func readRequestLine() throws(HTTPViolation) -> Event? {
        let tooLong = HTTPViolation(status: 414, detail: "The request line is too long.")
        guard let line = try nextLine(atMost: limits.requestLine, else: tooLong) else { return .needsBytes }
        if line.isEmpty {
            // RFC 9112 §2.2 — some clients send an empty line after a body: ignore it, but do not let it go on.
            head.emptyLines += 1
            guard head.emptyLines <= 4 else { throw .malformed("The request starts with empty lines.") }
            return nil
        }
        try head.readRequestLine(line)
        state = .fields
        return nil
    }

    private mutating func readField() throws(HTTPViolation) -> Event? {
        guard let line = try nextFieldLine() else { return .needsBytes }
        guard line.isEmpty else {
            try head.readField(line)
            return nil
        }
        return try beginBody(head.finish(limits: limits))
    }

    private mutating func beginBody(_ framing: RequestHead.Framing) throws(HTTPViolation) -> Event? {
        switch framing {
        case .none: return .request(finish())
        case .length(let length): state = .body(remaining: length)
        case .chunked: state = .chunkSize
        }
        continueIsDue = head.expectsContinue && buffered == 0
        if case .length(let length) = framing { return largeBody(length) }
        return nil
    }

    /// Nil for one that is small.
    private func largeBody(_ length: Int) -> Event? {
        length > HTTPLimits.smallBody && !ignoresBody ? .largeBody(length: length) : nil
    }

    private mutating func nextFieldLine() throws(HTTPViolation) -> ArraySlice<UInt8>? {
        let tooLarge = HTTPViolation(status: 431, detail: "The header fields are too large.")
        guard let line = try nextLine(atMost: limits.fieldBytes - head.fieldBytes, else: tooLarge) else { return nil }
        if !line.isEmpty {
            head.fieldBytes += line.count + 2
            head.fieldCount += 1
        }
        guard head.fieldCount <= limits.fieldCount else {
            throw HTTPViolation(status: 431, detail: "There are too many header fields.")
        }
        return line
    }

    /// The next line without its CRLF; nil if its end has not come.
    private mutating func nextLine(
        atMost limit: Int, else tooLong: HTTPViolation
    ) throws(HTTPViolation) -> ArraySlice<UInt8>? {
        guard let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) else {
            scanned = buffer.count
            guard buffered <= limit + 2 else { throw tooLong }
            return nil
        }
        guard end > position, buffer[end - 1] == UInt8(ascii: "\r") else {
            throw .malformed("A line must end with CR LF.")
        }
        let line = buffer[position..<end - 1]
        guard line.count <= limit else { throw tooLong }
        position = end + 1
        scanned = position
        return line
    }
}

// MARK: - The body

extension HTTPParser {
    private mutating func finish() -> Request {
        defer {
            head = RequestHead()
            body = []
            (received, chunkExtensions) = (0, 0)
            state = .requestLine
        }
        return Request(head: request, body: body, isLast: head.isLast, isVersion10: head.isVersion10)
    }

    /// Moves up to this many bytes from the buffer to the body; the number of those that have not come.
    private mutating func move(_ count: Int) -> Int {
        let available = min(count, buffered)
        if !ignoresBody { body.append(contentsOf: buffer[position..<position + available]) }
        received += available
        position += available
        scanned = position
        return count - available
    }

    private mutating func readBody(_ remaining: Int) -> Event? {
        // Exactly: an array that grows by itself takes up to twice as much. Pages that nothing comes into stay untaken.
        if body.isEmpty, !ignoresBody { body.reserveCapacity(remaining) }
        let missing = move(remaining)
        guard missing > 0 else { return .request(finish()) }
        state = .body(remaining: missing)
        return .needsBytes
    }

    private mutating func readChunkSize() throws(HTTPViolation) -> Event? {
        let tooLong = HTTPViolation.malformed("A chunk's extensions are too long.")
        guard let line = try nextLine(atMost: limits.chunkExtensions - chunkExtensions, else: tooLong) else {
            return .needsBytes
        }
        let header = try ChunkHeader(parsing: line)
        chunkExtensions += header.extensionBytes
        guard header.size <= limits.maxBody - received else { throw .bodyTooLarge(limits) }
        state = header.size == 0 ? .trailers : .chunk(remaining: header.size)
        return header.size == 0 ? nil : largeBody(received + header.size)
    }

    private mutating func readChunk(_ remaining: Int) -> Event? {
        let missing = move(remaining)
        state = missing == 0 ? .chunkEnd : .chunk(remaining: missing)
        return missing == 0 ? nil : .needsBytes
    }

    private mutating func readChunkEnd() throws(HTTPViolation) -> Event? {
        let overrun = HTTPViolation.malformed("A chunk is longer than its size says.")
        guard let line = try nextLine(atMost: 0, else: overrun) else { return .needsBytes }
        guard line.isEmpty else { throw overrun }
        state = .chunkSize
        return nil
    }

    /// Trailers are checked like a header and then dropped (RFC 9112 §7.1.2 allows that).
    private mutating func readTrailer() throws(HTTPViolation) -> Event? {
        guard let line = try nextFieldLine() else { return .needsBytes }
        guard line.isEmpty else {
            _ = try RequestHead.field(line)
            return nil
        }
        return .request(finish())
    }
}

extension HTTPViolation {
    static func malformed(_ detail: String) -> HTTPViolation { HTTPViolation(status: 400, detail: detail) }

    static func bodyTooLarge(_ limits: HTTPLimits) -> HTTPViolation {
        HTTPViolation(status: 413, detail: "The body is larger than \(limits.maxBody) bytes.")
    }
}
