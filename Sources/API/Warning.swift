// Warning.swift — what an answer says beside that a message was accepted.

/// Something that was accepted but may not be what was meant.
struct Warning: Sendable, Equatable {
    let code: String
    let pointer: String
    let detail: String

    /// The same of a message that stands within a body, at `place`.
    func within(_ place: String) -> Warning {
        Warning(code: code, pointer: pointer.placed(within: place), detail: detail)
    }
}
