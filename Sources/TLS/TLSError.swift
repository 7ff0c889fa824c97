// TLSError.swift — what OpenSSL had to say, as text.

import COpenSSL

package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// Takes everything off this thread's error queue.
    static func fromQueue(_ doing: String) -> TLSError {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            if let reason = ERR_reason_error_string(code) { reasons.append(String(cString: reason)) }
        }
        return TLSError(reasons.isEmpty ? doing : "\(doing): \(reasons.joined(separator: ", "))")
    }
}
