// ProblemTests.swift — problems as they go over the wire.

import APITestSupport
import HTTP
import HTTPTypes
import JSON
import Queue
import Testing

@testable import API

@Suite struct ProblemTests {
    private func request(accept: [String]) -> HTTPServerRequest {
        var fields = HTTPFields()
        for value in accept { fields.append(HTTPField(name: .accept, value: value)) }
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/v1/x?y=1", headerFields: fields)
        return HTTPServerRequest(head: head, remoteAddress: "192.0.2.1", id: "req_1")
    }

    @Test(arguments: [
        ([], "application/problem+json"), (["*/*"], "application/problem+json"),
        (["application/json"], "application/json"),
        (["Application/JSON ; q=0.9"], "application/json"), (["application/json, */*"], "application/problem+json"),
        (["application/json", "application/problem+json"], "application/problem+json"),
    ])
    func plainJSONOnlyIfNothingElseIsAcceptable(accept: [String], type: String) {
        let response = Problem.notFound("message").response(to: request(accept: accept))
        #expect(response.head.headerFields[.contentType] == type)
    }

    @Test func saysWhereAndWhatInTheShapeOfRFC9457() {
        let error = FieldError(
            pointer: "#/to/1", code: .invalidAddress, detail: "The address has no @.", received: "bob")
        let response = Problem.validation([error]).response(to: request(accept: []))
        #expect(response.head.status.reasonPhrase == "Some fields are wrong")
        #expect(
            String(decoding: response.bytes ?? [], as: UTF8.self) == """
                {"type":"/problems/validation_failed","title":"Some fields are wrong","status":422,\
                "code":"validation_failed","detail":"#/to/1: The address has no @.","instance":"/v1/x","request_id":"req_1",\
                "errors":[{"pointer":"#/to/1","code":"invalid_address","detail":"The address has no @.","received":"bob"}]}
                """)
    }

    @Test func everyCodeIsDocumented() {
        let codes = OpenAPIDocument.shared.resolve("#/components/schemas/ProblemCode/enum").array?.compactMap(\.string)
        #expect(codes == Problem.Code.allCases.map(\.rawValue))
        let faults = OpenAPIDocument.shared.resolve("#/components/schemas/FieldErrorCode/enum").array
        #expect(faults?.compactMap(\.string) == FieldError.Code.allCases.map(\.rawValue))
    }

    @Test(arguments: [
        (StoreFailure.full, 507, "storage_full"), (.broken("disk I/O error"), 503, "unavailable"),
        (.closed, 503, "unavailable"),
        (.refused("CHECK constraint"), 503, "unavailable"),
    ])
    func theStoresFailuresAreOurs(failure: StoreFailure, status: Int, code: String) throws {
        let response = Problem(failure).response(to: request(accept: []))
        #expect(response.head.status.code == status)
        #expect(response.head.headerFields[.retryAfter] != nil)
        let body = try JSONValue(parsing: response.bytes ?? [])
        #expect(body.object?["code"]?.string == code)
        #expect(!String(decoding: response.bytes ?? [], as: UTF8.self).contains("CHECK"), "causes are for the log")
        #expect(OpenAPIDocument.shared.schema("Problem").violations(in: body) == [])
    }
}
