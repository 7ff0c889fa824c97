// DescriptorLimit.swift — how many files and sockets this process may have open.
//
// Most systems start a process with 1,024, which strangers' connections could use up: then SQLite finds none left, and
// a store that cannot open its file has failed.

import Glibc

enum DescriptorLimit {
    /// What holds now.
    static var current: Int { Int(clamping: limits.rlim_cur) }

    /// Up to what the system lets us have without asking.
    static func raise() {
        var raised = limits
        raised.rlim_cur = raised.rlim_max
        setrlimit(resource, &raised)  // Cannot fail; if it did, what holds is still enough to begin.
    }

    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    private static var limits: rlimit {
        var limits = rlimit(rlim_cur: 1024, rlim_max: 1024)
        getrlimit(resource, &limits)
        return limits
    }
}
