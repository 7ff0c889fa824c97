// StandardOutput.swift — text to a descriptor, at once.

import Glibc

/// Past stdio's buffer: whoever started us may wait for this line at the other end of a pipe.
package func write(_ text: String, to descriptor: CInt) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { return }
        rest = rest.dropFirst(max(0, count))
    }
}
