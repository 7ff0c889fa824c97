// BesideTheLoop.swift — long work away from the event loop of the request that asks for it.

/// What takes long to read or to compute must not keep the loop from its other connections.
func besideTheLoop<Value: Sendable>(_ work: @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(globalConcurrentExecutor) { @concurrent in try work() }
}
