// TLSError.swift — what OpenSSL had to say, as text.

import COpenSSL
import Glibc

package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// Takes everything off this thread's error queue.
    static func fromQueue(_ doing: String) -> TLSError {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            guard let reason = reason(of: code) else { continue }
            reasons.append(String(cString: reason))
        }
        return TLSError(reasons.isEmpty ? doing : "\(doing): \(reasons.joined(separator: ", "))")
    }

    private static func reason(of code: UInt) -> UnsafePointer<CChar>? {
        // OpenSSL knows no text for what the system said.
        if pr_err_is_system(code) != 0 { return UnsafePointer(strerror(pr_err_reason(code))) }
        return ERR_reason_error_string(code)
    }
}
