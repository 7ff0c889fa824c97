// RandomBytes.swift — bytes that nobody can guess.

extension [UInt8] {
    /// `count` bytes of the kernel's, which the system's generator takes from getrandom(2) without a state of its own.
    package static func random(count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in generator.next() }
    }
}
