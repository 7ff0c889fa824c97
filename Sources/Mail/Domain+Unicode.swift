// Domain+Unicode.swift — domains beyond ASCII: between what people write and what DNS knows (UTS 46, RFC 5891).

import CIDN2

extension Domain {
    /// With U-labels in place of A-labels (RFC 5890), for showing: one name is always shown in one way, `ｅｘ.example`,
    /// which is written with wide letters, as `ex.example`.
    package var unicode: String {
        var output: UnsafeMutablePointer<CChar>?
        let status = idn2_to_unicode_8z8z(ascii, &output, 0)
        defer { idn2_free(output) }
        guard status == IDN2_OK.rawValue, let output else { return ascii }
        return String(cString: output)
    }

    static func toASCII(_ text: String) throws(AddressError) -> String {
        guard text.utf8.count <= 1024 else { throw .domainTooLong }
        guard !text.containsControls else { throw .controlCharacter }
        var output: UnsafeMutablePointer<UInt8>?
        // Not IDN2_USE_STD3_ASCII_RULES: with it, libidn2 drops an underscore instead of refusing it. What ASCII comes of
        // the mapping is checked like any other.
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        let status = idn2_lookup_u8(text, &output, flags)
        defer { idn2_free(output) }
        switch status {
        case IDN2_OK.rawValue: break
        case IDN2_TOO_BIG_DOMAIN.rawValue: throw .domainTooLong
        case IDN2_TOO_BIG_LABEL.rawValue: throw .labelTooLong
        default: throw .notInternationalised
        }
        guard let output else { throw .notInternationalised }
        return String(cString: output)
    }

    /// Refuses `xn--` before what no label encodes to. What it encodes is not judged: some registries sell symbols, which
    /// RFC 5892 disallows, mail is read there, and Unicode grows.
    static func checkALabels(of ascii: String) throws(AddressError) {
        let prefix = "xn--".utf8
        var text = ascii
        guard text.withUTF8({ $0.contains(word: prefix) }) else { return }
        for label in ascii.utf8.split(separator: .dot) where label.starts(with: prefix) {
            var output: UnsafeMutablePointer<UInt8>?
            let status = idn2_lookup_u8(String(Substring(label)), &output, Int32(IDN2_NONTRANSITIONAL.rawValue))
            defer { idn2_free(output) }
            switch status {
            case IDN2_PUNYCODE_BAD_INPUT.rawValue, IDN2_PUNYCODE_BIG_OUTPUT.rawValue, IDN2_PUNYCODE_OVERFLOW.rawValue,
                IDN2_ALABEL_ROUNDTRIP_FAILED.rawValue:
                throw .notInternationalised
            default: break
            }
        }
    }
}
