import Queue
enum Verdict: Sendable, Equatable { case delivered(reply: String) }
