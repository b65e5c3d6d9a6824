#if Server
    import HTTPTypes
    import Hummingbird

    /// The methods that each path allows.
    struct MethodTable: Sendable {
        let paths: [(parts: [String], methods: [HTTPRequest.Method])]

        /// Returns the methods of a path as a list, or nil for an unknown path.
        func methods(_ path: String) -> String? {
            let parts = path.split(separator: "/").map(String.init)
            let found = paths.first { known in
                known.parts.count == parts.count && zip(known.parts, parts).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
            }
            return found.map { ($0.methods + [.options]).map(\.rawValue).joined(separator: ", ") }
        }
    }

    /// The routes, and the responses to methods that a path does not allow.
    final class Endpoints {
        typealias Handler = @Sendable (Request, ServerContext) async throws -> Response

        let router: Router<ServerContext>
        private var paths: [(path: String, methods: [HTTPRequest.Method])] = []

        init(_ router: Router<ServerContext>) { self.router = router }

        /// - Parameter query: the names of the parameters, of which others are refused; nil to ignore them.
        func get(_ path: String, query: [String]? = [], _ handler: @escaping Handler) {
            on(.get, path, query, handler)
            // `GuardMiddleware` leaves the body out.
            on(.head, path, query, handler)
        }

        func post(_ path: String, query: [String]? = [], _ handler: @escaping Handler) {
            on(.post, path, query, handler)
        }

        func delete(_ path: String, _ handler: @escaping Handler) { on(.delete, path, [], handler) }

        private func on(_ method: HTTPRequest.Method, _ path: String, _ query: [String]?, _ handler: @escaping Handler)
        {
            router.on(RouterPath(path), method: method) { request, context in
                if let query { try request.checkParameters(query) }
                return try await handler(request, context)
            }
            if let known = paths.firstIndex(where: { $0.path == path }) {
                paths[known].methods.append(method)
            } else {
                paths.append((path, [method]))
            }
        }

        static let known: Set<HTTPRequest.Method> = [
            .get, .head, .post, .put, .delete, .patch, .trace, .connect, .options,
        ]

        /// The methods of each path, by its parts; a part that begins with a colon matches any.
        var table: MethodTable {
            MethodTable(paths: paths.map { ($0.path.split(separator: "/").map(String.init), $0.methods) })
        }

        /// Completes the paths after all routes: `OPTIONS` lists the methods, and others are refused with the same
        /// list.
        func finish() {
            let all = Self.known.subtracting([.options])
            for (path, methods) in paths {
                let allowed = (methods + [.options]).map(\.rawValue).joined(separator: ", ")
                router.on(RouterPath(path), method: .options) { _, _ in
                    Response(status: .noContent, headers: [.allow: allowed])
                }
                for method in all where !methods.contains(method) {
                    router.on(RouterPath(path), method: method) { _, _ -> Response in
                        throw Problem(
                            .methodNotAllowed, "this path allows \(allowed), not \(method.rawValue)",
                            headers: [.allow: allowed])
                    }
                }
            }
        }
    }
#endif
