// RequestHead.swift — request line and header fields, gathered line by line, and how long the body they announce is.

import HTTPTypes

struct RequestHead: Sendable {
    enum Framing: Sendable {
        case none
        case length(Int)
        case chunked
    }

    /// Before the request line.
    var emptyLines = 0
    var fieldBytes = 0
    var fieldCount = 0
    private(set) var method = HTTPRequest.Method.get
    private(set) var expectsContinue = false
    private(set) var isLast = false
    private(set) var isVersion10 = false
    private var target: [UInt8] = []
    private var fields = HTTPFields()
    private var host: String?
    private var contentLength: Int?
    private var transferCodings: [ArraySlice<UInt8>]?
    private var expectation: [UInt8]?
    private var authority: String?
    private var path = ""

    /// Of a head that is finished.
    func request(scheme: String) -> HTTPRequest {
        HTTPRequest(method: method, scheme: scheme, authority: authority, path: path, headerFields: fields)
    }

    /// RFC 9112 §3 — method, one space, target, one space, version.
    mutating func readRequestLine(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, let method = HTTPRequest.Method(String(decoding: parts[0], as: UTF8.self)) else {
            throw .malformed("The request line must be method, target and version with one space between.")
        }
        let target = parts[1]
        let allowed = ByteSet.target
        guard !target.isEmpty, target.allSatisfy(allowed.contains) else {
            throw .malformed("The request target has a character that is not allowed.")
        }
        self.method = method
        self.target = Array(target)
        isVersion10 = try Self.isVersion10(parts[2])
        isLast = isVersion10
    }

    private static func isVersion10(_ version: ArraySlice<UInt8>) throws(HTTPViolation) -> Bool {
        if version.elementsEqual("HTTP/1.1".utf8) { return false }
        if version.elementsEqual("HTTP/1.0".utf8) { return true }
        let digits = version.dropFirst(5)
        guard version.starts(with: "HTTP/".utf8), digits.count == 3, let major = digits.first, let minor = digits.last,
            isDigit(major), isDigit(minor), digits[digits.startIndex + 1] == UInt8(ascii: ".")
        else { throw .malformed("The HTTP version is malformed.") }
        throw HTTPViolation(status: 505, detail: "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    }

    mutating func readField(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
        let (name, value) = try Self.field(line)
        switch name.canonicalName {
        case "host":
            guard host == nil else { throw .malformed("There must be one Host field.") }
            host = String(decoding: value, as: UTF8.self)
            return
        case "content-length":
            guard contentLength == nil else { throw .malformed("There is more than one Content-Length.") }
            contentLength = try Self.length(value)
        case "transfer-encoding":
            let codings = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(trimmed)
            transferCodings = (transferCodings ?? []) + codings
        case "connection":
            let options = value.split(separator: UInt8(ascii: ","))
            isLast = isLast || options.contains { equalIgnoringCase(trimmed($0), "close") }
        case "expect":
            expectation = (expectation.map { $0 + [UInt8(ascii: ",")] } ?? []) + value
        default: break
        }
        fields.append(HTTPField(name: name, value: value))
    }

    /// RFC 9112 §5 — no space before the colon, no folded line, no control character.
    static func field(
        _ line: ArraySlice<UInt8>
    ) throws(HTTPViolation) -> (name: HTTPField.Name, value: ArraySlice<UInt8>) {
        guard line.first != 0x20, line.first != 0x09 else { throw .malformed("A header line must not be folded.") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .malformed("A header line has no colon.")
        }
        guard let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self)) else {
            throw .malformed("A header field's name has a character that is not allowed.")
        }
        let value = trimmed(line[(colon + 1)...])
        guard value.allSatisfy(isFieldByte) else {
            throw .malformed("The value of \(name.rawName) has a control character.")
        }
        return (name, value)
    }

    /// RFC 9110 §8.6 — digits only: no sign, no space, no list.
    private static func length(_ value: ArraySlice<UInt8>) throws(HTTPViolation) -> Int {
        var length = 0
        for digit in value {
            let (shifted, overflow) = length.multipliedReportingOverflow(by: 10)
            guard isDigit(digit), !overflow, shifted <= .max - 9 else {
                throw .malformed("Content-Length is malformed.")
            }
            length = shifted + Int(digit - UInt8(ascii: "0"))
        }
        guard !value.isEmpty else { throw .malformed("Content-Length is empty.") }
        return length
    }
}

// MARK: - The whole head

extension RequestHead {
    /// What can only be judged when all fields are there.
    mutating func finish(limits: HTTPLimits) throws(HTTPViolation) -> Framing {
        let resolved = try RequestTarget(target, method: method, host: host, hostIsRequired: !isVersion10)
        (authority, path) = (resolved.authority, resolved.path)
        let framing = try framing(limits: limits)
        try judgeExpectation(framing)
        return framing
    }

    /// RFC 9112 §6.3.
    private func framing(limits: HTTPLimits) throws(HTTPViolation) -> Framing {
        guard let codings = transferCodings else {
            guard let contentLength, contentLength > 0 else { return .none }
            guard contentLength <= limits.maxBody else { throw .bodyTooLarge(limits) }
            return .length(contentLength)
        }
        if contentLength != nil { throw .malformed("There are both Content-Length and Transfer-Encoding.") }
        if isVersion10 { throw .malformed("HTTP/1.0 has no Transfer-Encoding.") }
        guard let last = codings.last, equalIgnoringCase(last, "chunked"),
            !codings.dropLast().contains(where: { $0.isEmpty || equalIgnoringCase($0, "chunked") })
        else { throw .malformed("The last transfer coding, and only the last, must be chunked.") }
        guard codings.count == 1 else {
            throw HTTPViolation(status: 501, detail: "The only transfer coding known here is chunked.")
        }
        return .chunked
    }

    /// RFC 9110 §10.1.1; to HTTP/1.0 the field means nothing.
    private mutating func judgeExpectation(_ framing: Framing) throws(HTTPViolation) {
        guard let expectation, !isVersion10 else { return }
        guard equalIgnoringCase(expectation, "100-continue") else {
            throw HTTPViolation(status: 417, detail: "The only expectation met here is 100-continue.")
        }
        if case .none = framing { return }
        expectsContinue = true
    }
}
