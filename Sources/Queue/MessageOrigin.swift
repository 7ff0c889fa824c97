// MessageOrigin.swift — which message of whose a copy in the sandbox is, in one word that SMTP can carry.

package struct MessageOrigin: Hashable, Sendable, CustomStringConvertible {
    package let project: ProjectID
    package let message: MessageID
    package init(project: ProjectID, message: MessageID) { (self.project, self.message) = (project, message) }

    /// `1.msg_01K…`
    package var description: String { "\(project.rawValue).\(message)" }

    /// Nil for what `description` did not write.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let project = Int64(parts[0]), let message = MessageID(parts[1]) else { return nil }
        self.init(project: ProjectID(rawValue: project), message: message)
        guard description == text else { return nil }
    }
}
