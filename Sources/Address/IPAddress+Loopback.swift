// IPAddress+Loopback.swift — whether an address never leaves the machine.

extension IPAddress {
    /// 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1 (RFC 4291 §2.5.3), also IPv4-mapped.
    package var isLoopback: Bool {
        switch unmapped {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let bits): bits == 1
        }
    }
}
