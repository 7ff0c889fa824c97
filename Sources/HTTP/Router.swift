// Router.swift — finds the endpoint for a method and a path.

import HTTPTypes

package struct Router: Sendable {
    package typealias Endpoint = @Sendable (RouteRequest) async -> HTTPServerResponse

    package enum Match: Sendable {
        case found(Endpoint, RouteRequest)
        case notFound
        /// The path exists; these are its methods, sorted, as `Allow` lists them.
        case methodNotAllowed(allow: [HTTPRequest.Method])
        /// The path or query is not percent-encoded UTF-8.
        case malformed(detail: String)
    }

    private struct Route: Sendable {
        let template: String
        let names: [String]
        let endpoint: Endpoint
    }

    /// One segment of the templates: a literal wins over a parameter.
    private final class Node: Sendable {
        let literals: [String: Node]
        let parameter: Node?
        let routes: [HTTPRequest.Method: Route]

        init(literals: [String: Node] = [:], parameter: Node? = nil, routes: [HTTPRequest.Method: Route] = [:]) {
            (self.literals, self.parameter, self.routes) = (literals, parameter, routes)
        }

        func adding(_ route: Route, for method: HTTPRequest.Method, at path: ArraySlice<Substring>) -> Node {
            guard let segment = path.first else {
                precondition(routes[method] == nil, "\(method) \(route.template) is there already")
                return Node(
                    literals: literals, parameter: parameter, routes: routes.merging([method: route]) { $1 })
            }
            let rest = path.dropFirst()
            if segment.first == "{" {
                let child = (parameter ?? Node()).adding(route, for: method, at: rest)
                return Node(literals: literals, parameter: child, routes: routes)
            }
            let child = (literals[String(segment)] ?? Node()).adding(route, for: method, at: rest)
            return Node(
                literals: literals.merging([String(segment): child]) { $1 }, parameter: parameter, routes: routes)
        }

        /// The node for these segments, and the segments that stood for parameters. As deep as the templates are.
        func find(_ path: ArraySlice<String>) -> (node: Node, parameters: [String])? {
            guard let segment = path.first else { return routes.isEmpty ? nil : (self, []) }
            if let found = literals[segment]?.find(path.dropFirst()) { return found }
            guard !segment.isEmpty, var found = parameter?.find(path.dropFirst()) else { return nil }
            found.parameters.insert(segment, at: 0)
            return found
        }
    }

    private var root = Node()

    package init() {}

    /// `template` is a path whose segments are literal or `{name}`. A GET route serves HEAD too.
    package mutating func on(_ method: HTTPRequest.Method, _ template: String, _ endpoint: @escaping Endpoint) {
        let segments = template.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let names = segments.filter { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
        root = root.adding(Route(template: template, names: names, endpoint: endpoint), for: method, at: segments)
    }

    package func route(_ request: HTTPServerRequest) -> Match {
        let target = Array((request.head.path ?? "").utf8)
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        guard path.first == UInt8(ascii: "/") else { return .notFound }
        var segments: [String] = []
        for segment in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let decoded = percentDecoded(segment) else { return .malformed(detail: "The path is malformed.") }
            segments.append(decoded)
        }
        guard let query = QueryParameters(parsing: target.dropFirst(path.count + 1)) else {
            return .malformed(detail: "The query is malformed.")
        }
        guard let (node, values) = root.find(segments[...]) else { return .notFound }
        let method = request.head.method
        guard let route = node.routes[method] ?? (method == .head ? node.routes[.get] : nil) else {
            return .methodNotAllowed(allow: allowed(at: node))
        }
        let parameters = Dictionary(zip(route.names, values)) { $1 }
        return .found(
            route.endpoint,
            RouteRequest(request: request, parameters: parameters, query: query, template: route.template))
    }

    private func allowed(at node: Node) -> [HTTPRequest.Method] {
        let methods = Set(node.routes.keys)
        return (methods.contains(.get) ? methods.union([.head]) : methods).sorted { $0.rawValue < $1.rawValue }
    }
}
