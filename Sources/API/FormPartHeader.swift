// FormPartHeader.swift — the header of one part of a form: its name, and what is said of a file.

import HTTP

struct FormPartHeader {
    let name: String
    let filename: String?
    let contentType: String?
    let contentID: String?

    /// `header` is without its last CRLF. Fields that mean nothing in a form are passed over (RFC 7578 §4.8).
    init(_ header: ArraySlice<UInt8>) throws(MultipartForm.Violation) {
        var fields: [String: String] = [:]
        for line in header.split(separator: 0x0A) {
            let line = line.last == 0x0D ? line.dropLast() : line
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let text = String(validating: line[(colon + 1)...], as: UTF8.self), !text.utf8.contains(0x0D)
            else { throw MultipartForm.Violation("A part has a header line that is no field.") }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            guard fields.updateValue(String(trimmed(text.utf8)) ?? "", forKey: name) == nil else {
                throw MultipartForm.Violation("A part has two \(name) fields.")
            }
        }
        if let coding = fields["content-transfer-encoding"]?.lowercased(), !["7bit", "8bit", "binary"].contains(coding)
        {
            throw MultipartForm.Violation(
                "A part has the Content-Transfer-Encoding \(coding), which forms do not have.")
        }
        let disposition = HeaderParameters(fields["content-disposition"] ?? "")
        guard disposition?.value == "form-data", let name = disposition?["name"] else {
            throw MultipartForm.Violation("A part has no Content-Disposition: form-data; name=…")
        }
        self.name = name
        filename = try disposition?["filename*"].map(Self.decoded) ?? disposition?["filename"]
        (contentType, contentID) = (fields["content-type"], fields["content-id"])
    }

    /// `UTF-8''na%C3%AFve.pdf` (RFC 8187), which forms should not have and some clients write.
    private static func decoded(_ text: String) throws(MultipartForm.Violation) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
        guard parts.count == 3, String(parts[0])?.lowercased() == "utf-8",
            let name = percentDecoded(Array(parts[2])[...])
        else { throw MultipartForm.Violation("A part has a filename* that is not of the form UTF-8''NAME.") }
        return name
    }
}
