// DescriptorLimitTests.swift — the process may open as much as the system allows.

import Glibc
import Testing

@testable import postrider

@Suite struct DescriptorLimitTests {
    @Test func isRaisedToWhatTheSystemAllows() {
        DescriptorLimit.raise()
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        #expect(limits.rlim_cur == limits.rlim_max)
        #expect(DescriptorLimit.current == Int(clamping: limits.rlim_max))
    }
}
