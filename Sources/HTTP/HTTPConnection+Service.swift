// HTTPConnection+Service.swift — what the connections of one server share.

extension HTTPConnection {
    struct Service: Sendable {
        let handler: any HTTPHandler
        let limits: HTTPLimits
        let deadlines: HTTPDeadlines
        let isSecure: Bool
        let memory: BodyMemory
        let date = HTTPDate()

        init(handler: any HTTPHandler, _ configuration: HTTPServer.Configuration) {
            self.handler = handler
            (limits, deadlines) = (configuration.limits, configuration.deadlines)
            isSecure = configuration.identity != nil
            memory = BodyMemory(limit: configuration.limits.bodyMemory)
        }

        var parser: HTTPParser { HTTPParser(limits: limits, scheme: isSecure ? "https" : "http") }
    }
}
