// SendBody.swift — the three ways in which POST /v1/messages takes a message, as one: members, files, a whole message.
//
// - application/json: the members.
// - multipart/form-data: a field for each member, `attachments` and `raw` as files; what curl -F and browsers write.
// - message/rfc822: the whole message, its envelope in the query.

import HTTP
import HTTPTypes
import JSON

struct SendBody {
    /// Has not read anything yet, but may know of faults in the way the members were given.
    private(set) var reader: BodyReader<SendRequest.Member>
    /// Files that came beside the members, in their order: attachments.
    private(set) var files: [MultipartForm.Part] = []
    /// A whole message that came beside the members, which then have none.
    private(set) var raw: [UInt8]?
    /// The members stand in the query, and the body is the message.
    private(set) var isQuery = false
    /// Every part of a form.
    private var parts: [MultipartForm.Part] = []

    init(_ request: RouteRequest) throws(Problem) {
        switch try request.request.mediaType {
        case .json: try self.init(members: request.request.parsedJSON)
        case .form: self.init(form: try request.request.formParts)
        case .message: self.init(message: request)
        default:
            throw .unsupported(
                request.request, wanted: "application/json, multipart/form-data or message/rfc822")
        }
        checkOptions(of: request.query)
        guard !isQuery else { return }
        for parameter in request.query.all where parameter.name != Self.dryRun {
            reader.fail(.unknownParameter(parameter.name, among: [Self.dryRun]))
        }
    }

    /// The one parameter that is about the request, not the message.
    static let dryRun = "dry_run"

    private mutating func checkOptions(of query: QueryParameters) {
        let values = query.values(of: Self.dryRun)
        for value in values where value != "true" && value != "false" || values.count > 1 {
            let detail = values.count > 1 ? "This parameter may be given once." : "Must be true or false."
            reader.fail(
                FieldError(pointer: "?\(Self.dryRun)", code: .invalidValue, detail: detail, received: value))
        }
    }

    /// JSON alone. Throws if it is no object.
    init(members: JSONValue) throws(Problem) { reader = try BodyReader(members) }

    private init(message request: RouteRequest) {
        var members = FormMembers()
        for parameter in request.query.all where parameter.name != Self.dryRun { members.add(parameter) }
        reader = BodyReader(members.values, faults: members.faults)
        (raw, isQuery) = (request.request.body, true)
    }

    private init(form parts: [MultipartForm.Part]) {
        var members = FormMembers()
        var files: [MultipartForm.Part] = []
        var raw: [UInt8]?
        for part in parts where !part.isUnusedFileInput {
            switch SendRequest.Member(rawValue: part.name) {
            case .attachments: files.append(part)
            case .raw where raw == nil: raw = part.bytes
            case .raw: members.failRepeated(.raw)
            default: members.add(part)
            }
        }
        reader = BodyReader(members.values, faults: members.faults)
        (self.files, self.raw, self.parts) = (files, raw, parts)
    }

    /// What makes two requests with one idempotency key the same. A form is another text each time, by its boundary:
    /// of it the parts count.
    func fingerprint(of call: APICall) -> [UInt8] {
        var fingerprint = RequestFingerprint(of: call)
        if parts.isEmpty { fingerprint.add(call.request.body) }
        for part in parts {
            for text in [part.name, part.filename, part.contentType, part.contentID] {
                fingerprint.add("\(text?.utf8.count ?? -1) \(text ?? "")\n")
            }
            fingerprint.add("\(part.bytes.count)\n")
            fingerprint.add(part.bytes)
        }
        return fingerprint.digest()
    }
}

// MARK: Where members stand

extension SendBody {
    /// Where a pointer to a member leads: `?tags.kind` if the members stand in the query, whose message is the body.
    func placing(_ pointer: String) -> String { isQuery ? Self.inQuery(pointer) : pointer }

    static func inQuery(_ pointer: String) -> String {
        guard pointer.hasPrefix("#/") else { return pointer }
        return pointer == "#/raw" ? "#" : "?" + pointer.dropFirst(2).replacing("/", with: ".")
    }

    func placing(_ error: FieldError) -> FieldError {
        var error = error
        error.pointer = placing(error.pointer)
        if isQuery, error.code == .invalidAddress, error.received?.utf8.contains(0x20) == true {
            error.detail += " In a query + is a space: write a plus sign as %2B."
        }
        return error
    }

    func placing(_ warning: Warning) -> Warning {
        Warning(code: warning.code, pointer: placing(warning.pointer), detail: warning.detail)
    }
}

extension HTTPServerRequest {
    fileprivate var formParts: [MultipartForm.Part] {
        get throws(Problem) {
            guard let type = head.headerFields[.contentType], let boundary = HeaderParameters(type)?["boundary"],
                (1...70).contains(boundary.utf8.count)  // RFC 2046 §5.1.1
            else { throw Problem(.malformedRequest, "The Content-Type of a form names its boundary.") }
            do throws(MultipartForm.Violation) {
                return try MultipartForm(body, boundary: Array(boundary.utf8)).parts
            } catch { throw Problem(.malformedRequest, error.detail) }
        }
    }
}

extension MultipartForm.Part {
    /// HTML §4.10.22.4 — what a browser sends for an input that no file was chosen for.
    fileprivate var isUnusedFileInput: Bool { filename == "" && bytes.isEmpty }
}

extension MediaType {
    fileprivate static let form = MediaType("multipart/form-data".utf8[...])
    fileprivate static let message = MediaType("message/rfc822".utf8[...])
}
