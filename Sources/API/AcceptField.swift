// AcceptField.swift — which media types whoever asks would rather have (RFC 9110 §12.5.1).

import HTTP
import HTTPTypes

struct AcceptField {
    private struct Range {
        let type: MediaType
        /// In thousandths.
        let quality: Int
    }

    private let ranges: [Range]

    /// The values of all `Accept` fields. A range that cannot be read is passed over.
    init(_ fields: [String]) {
        ranges = fields.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }.map { element in
            Range(type: MediaType(element), quality: Self.quality(in: element))
        }
    }

    init(_ request: HTTPServerRequest) { self.init(request.head.headerFields[values: .accept]) }

    /// From 0, not wanted, to 1000; what is nowhere named is not wanted, and without the field anything is.
    func quality(of type: MediaType) -> Int {
        guard !ranges.isEmpty else { return 1000 }
        let group = MediaType(type.essence.prefix { $0 != UInt8(ascii: "/") } + Array("/*".utf8))
        for wanted in [type, group, .any] {
            if let range = ranges.first(where: { $0.type == wanted }) { return range.quality }
        }
        return 0
    }

    /// Whether it has this type and nothing else.
    func namesOnly(_ type: MediaType) -> Bool { !ranges.isEmpty && ranges.allSatisfy { $0.type == type } }

    /// RFC 9110 §12.4.2 — `q=` with at most three digits behind the point; 1 if it is left out or malformed.
    private static func quality(in element: Substring.UTF8View) -> Int {
        for parameter in element.split(separator: UInt8(ascii: ";")).dropFirst() {
            let text = parameter.filter { $0 != 0x20 && $0 != 0x09 }
            guard text.count >= 3, text[0] | 0x20 == UInt8(ascii: "q"), text[1] == UInt8(ascii: "=") else { continue }
            let digits = text.dropFirst(2).filter { $0 != UInt8(ascii: ".") }
            guard digits.count <= 4, digits.allSatisfy(isDigit) else { return 1000 }
            let thousandths = digits.reduce(0) { $0 * 10 + Int($1 & 0xF) }
            return min(1000, (digits.count..<4).reduce(thousandths) { value, _ in value * 10 })
        }
        return 1000
    }
}
