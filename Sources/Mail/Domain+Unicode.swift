// Domain+Unicode.swift — a domain as people read it.

import CIDN2

extension Domain {
    /// With its A-labels as U-labels (RFC 5890), so that one name is always shown in one way: `ｅｘ.example`, which is
    /// written with wide letters, as `ex.example`. What has no U-labels is the same as `ascii`.
    package var unicode: String {
        var output: UnsafeMutablePointer<CChar>?
        let status = idn2_to_unicode_8z8z(ascii, &output, 0)
        defer { idn2_free(output) }
        guard status == IDN2_OK.rawValue, let output else { return ascii }
        return String(cString: output)
    }
}
