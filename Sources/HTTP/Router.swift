// Router.swift — finds the route for a method and a path.

import HTTPTypes

package struct Router: Sendable {
    package enum Match: Sendable {
        /// Which of the routes, counted from 0.
        case found(Int, RouteRequest)
        case notFound
        /// The path exists; these are its methods, sorted, as `Allow` lists them.
        case methodNotAllowed(allow: [HTTPRequest.Method])
        /// The path or query is not percent-encoded UTF-8.
        case malformed(detail: String)
    }

    private struct Route: Sendable {
        let index: Int
        let names: [String]
    }

    private enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter
    }

    /// Where the templates that begin with the same segments go on.
    private struct Node: Sendable {
        var children: [Segment: Node] = [:]
        var routes: [HTTPRequest.Method: Route] = [:]

        /// Returns the route that was there, if there was one.
        mutating func add(_ route: Route, for method: HTTPRequest.Method, at path: ArraySlice<Segment>) -> Route? {
            guard let segment = path.first else { return routes.updateValue(route, forKey: method) }
            return children[segment, default: Node()].add(route, for: method, at: path.dropFirst())
        }

        /// The node for these segments, and those that stood for parameters; a literal wins over a parameter. It goes
        /// as deep as the templates do, however long the path is.
        func find(_ path: ArraySlice<String>) -> (node: Node, parameters: [String])? {
            guard let segment = path.first else { return routes.isEmpty ? nil : (self, []) }
            if let found = children[.literal(segment)]?.find(path.dropFirst()) { return found }
            guard !segment.isEmpty, var found = children[.parameter]?.find(path.dropFirst()) else { return nil }
            found.parameters.insert(segment, at: 0)
            return found
        }
    }

    private var root = Node()

    /// A template is a path whose segments are literal or `{name}`. A GET route serves HEAD too.
    package init(_ routes: [(method: HTTPRequest.Method, template: String)]) {
        for (index, (method, template)) in routes.enumerated() {
            let segments = template.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            let names = segments.filter { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
            let path = segments.map { $0.first == "{" ? Segment.parameter : .literal(String($0)) }
            let twin = root.add(Route(index: index, names: names), for: method, at: path[...])
            precondition(twin == nil, "\(method) \(template) is there already")
        }
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
        return .found(route.index, RouteRequest(request: request, parameters: parameters, query: query))
    }

    private func allowed(at node: Node) -> [HTTPRequest.Method] {
        let methods = Set(node.routes.keys)
        return (methods.contains(.get) ? methods.union([.head]) : methods).sorted { $0.rawValue < $1.rawValue }
    }
}
