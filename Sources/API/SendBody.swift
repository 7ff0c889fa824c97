// SendBody.swift — the three ways in which POST /v1/messages takes a message, as one: members, files, a whole message.
//
// - application/json: the members.
// - multipart/form-data: a field for each member, `attachments` as files; what curl -F and browsers write.
// - message/rfc822: the whole message, its envelope in the query.

import Crypto
import HTTP
import HTTPTypes
import JSON
import Spelling

struct SendBody: Sendable {
    /// An object, if it is right.
    let members: JSONValue
    /// Files that came beside the members, in their order: attachments.
    var files: [MultipartForm.Part] = []
    /// A whole message that came beside the members.
    var raw: [UInt8]?
    /// The members stand in the query, and the body is the message.
    var isQuery = false
    /// Every part of a form.
    private var parts: [MultipartForm.Part] = []

    init(_ request: RouteRequest) throws(Problem) {
        switch request.request.mediaType {
        case .form: self = try Self.form(request.request)
        case .message: self = try Self.message(request)
        default:
            members = try request.request.json
        }
    }

    /// JSON alone, for tests and batches.
    init(members: JSONValue) { self.members = members }

    /// What makes two requests with one idempotency key the same. A form is another text each time, by its boundary:
    /// of it the parts count.
    func fingerprint(of request: HTTPServerRequest) -> [UInt8] {
        parts.isEmpty ? request.fingerprint : request.fingerprint(of: parts)
    }

    /// Where errors point when the members stand in the query.
    func placing(_ problem: Problem) -> Problem {
        guard isQuery else { return problem }
        return .validation(
            problem.errors.map { error in
                var error = error
                let name = error.pointer.dropFirst(2).replacing("/", with: ".")
                error.pointer = error.pointer.hasPrefix("#/raw") ? "#" : "?\(name)"
                return error
            })
    }
}

// MARK: A whole message

extension SendBody {
    /// Members that the query may have.
    private static let envelope = [
        "from", "to", "cc", "bcc", "return_path", "external_id", "expires_after", "tls", "tags.", "metadata.",
    ]

    private static func message(_ request: RouteRequest) throws(Problem) -> SendBody {
        var form = FormMembers()
        for parameter in request.query.all {
            let name = parameter.name
            guard envelope.contains(where: { $0.hasSuffix(".") ? name.hasPrefix($0) : name == $0 }) else {
                let question = suggestion(for: name, among: envelope).map { " Did you mean \($0)?" } ?? ""
                form.fail("?\(name)", .unknownParameter, "There is no such parameter here.\(question)", parameter.value)
                continue
            }
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            form.add(parameter.value, to: parts[0], key: parts.count == 2 ? parts[1] : nil, pointer: "?\(name)")
        }
        var body = SendBody(members: .object(try form.object()))
        (body.raw, body.isQuery) = (request.request.body, true)
        return body
    }
}

// MARK: A form

extension SendBody {
    private static func form(_ request: HTTPServerRequest) throws(Problem) -> SendBody {
        let parts = try request.formParts
        var form = FormMembers()
        var files: [MultipartForm.Part] = []
        var raw: [UInt8]?
        for part in parts {
            if part.name == SendRequest.Member.attachments.rawValue {
                files.append(part)
            } else if part.name == SendRequest.Member.raw.rawValue, raw == nil {
                raw = part.bytes
            } else {
                form.add(part)
            }
        }
        var body = SendBody(members: .object(try form.object()))
        (body.files, body.raw, body.parts) = (files, raw, parts)
        return body
    }
}

extension HTTPServerRequest {
    fileprivate var mediaType: MediaType? { head.headerFields[.contentType].map { MediaType($0[...].utf8) } }

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

    /// What makes two forms the same: method, path and every part, each with its length.
    fileprivate func fingerprint(of parts: [MultipartForm.Part]) -> [UInt8] {
        var bytes = Array("\(head.method.rawValue) \(head.path ?? "")\n".utf8)
        for part in parts {
            for text in [part.name, part.filename, part.contentType, part.contentID] {
                bytes += "\(text?.utf8.count ?? -1) \(text ?? "")\n".utf8
            }
            bytes += "\(part.bytes.count)\n".utf8 + part.bytes
        }
        return SHA256.digest(of: bytes)
    }
}

extension MediaType {
    fileprivate static let form = MediaType("multipart/form-data".utf8[...])
    fileprivate static let message = MediaType("message/rfc822".utf8[...])
}
