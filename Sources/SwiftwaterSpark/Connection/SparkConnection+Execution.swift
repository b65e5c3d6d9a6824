#if SparkConnect
    import Foundation
    import GRPCCore
    import SwiftwaterCore
    import SwiftwaterSparkProtocol
    import Synchronization

    extension SparkConnection {
        /// Runs a plan, and calls `take` with each response once, in order.
        ///
        /// The server ends a stream of responses after some minutes, and connections break. What it has sent since the
        /// last response that arrived is asked for again (`ReattachExecute`), and what arrived is released.
        func execute(_ plan: SCPlan, _ take: @escaping @Sendable (SCExecutePlanResponse) throws -> Void) async throws {
            let operation = UUID().uuidString.lowercased()
            let state = ExecutionState()
            do {
                while !state.isComplete {
                    let before = state.count
                    do {
                        try await stream(plan, operation, state, take)
                        // The stream ended without saying that the result is complete: it goes on in another one.
                        if state.isComplete { break }
                    } catch let error as RPCError {
                        try await pause(after: error, state, progressed: state.count > before)
                    }
                }
            } catch {
                await releaseAll(operation)
                if let error = error as? RPCError { throw error.described(address) }
                throw error
            }
            await releaseAll(operation)
        }

        /// Waits before the next attempt, or throws if there is none.
        private func pause(after error: RPCError, _ state: ExecutionState, progressed: Bool) async throws {
            let lostOperation = error.message.contains("INVALID_HANDLE.OPERATION_NOT_FOUND")
            if lostOperation, state.count == 0 {
                // The server never heard of it: it is sent again.
                state.restart()
                return
            }
            guard SparkRetries.isRetryable(error) else { throw error }
            let retry = state.failed(progressed: progressed)
            guard retry < retries.retriesMax else { throw error }
            try await Task.sleep(for: retries.pause(before: retry, random: .random(in: 0..<1)))
        }

        private func stream(
            _ plan: SCPlan, _ operation: String, _ state: ExecutionState,
            _ take: @escaping @Sendable (SCExecutePlanResponse) throws -> Void
        ) async throws {
            let receive: @Sendable (StreamingClientResponse<SCExecutePlanResponse>) async throws -> Void = { response in
                for try await message in response.messages {
                    try self.check(serverSession: message.serverSideSessionID)
                    if state.note(message) { try take(message) }
                    if state.wantsRelease { await self.release(operation, through: state.lastResponse) }
                }
            }
            if state.isStarted {
                var request = SCReattachExecuteRequest()
                (request.sessionID, request.userContext) = (sessionID, user)
                (request.operationID, request.clientType) = (operation, Self.clientType)
                if let last = state.lastResponse { request.lastResponseID = last }
                try await client.reattachExecute(request, options: options, onResponse: receive)
            } else {
                var request = SCExecutePlanRequest()
                (request.sessionID, request.userContext, request.plan) = (sessionID, user, plan)
                (request.operationID, request.clientType) = (operation, Self.clientType)
                var option = SCExecutePlanRequest.RequestOption()
                option.reattachOptions.reattachable = true
                request.requestOptions = [option]
                state.start()
                try await client.executePlan(request, options: options, onResponse: receive)
            }
        }

        private func release(_ operation: String, through response: String?) async {
            var request = SCReleaseExecuteRequest()
            (request.sessionID, request.userContext) = (sessionID, user)
            (request.operationID, request.clientType) = (operation, Self.clientType)
            if let response { request.releaseUntil.responseID = response } else { request.releaseAll = .init() }
            // Only saves the server memory: it drops the operation by itself after some minutes.
            _ = try? await client.releaseExecute(request, options: options)
        }

        private func releaseAll(_ operation: String) async { await release(operation, through: nil) }
    }

    /// How far an execution has come.
    private final class ExecutionState: Sendable {
        private struct Values {
            var isStarted = false
            var isComplete = false
            var lastResponse: String?
            var count = 0
            var failures = 0
        }

        private let values = Mutex(Values())
        /// Responses are released in groups.
        private static let releaseEvery = 16

        var isStarted: Bool { values.withLock(\.isStarted) }
        var isComplete: Bool { values.withLock(\.isComplete) }
        var lastResponse: String? { values.withLock(\.lastResponse) }
        var count: Int { values.withLock(\.count) }
        var wantsRelease: Bool { values.withLock { $0.count % ExecutionState.releaseEvery == 0 && !$0.isComplete } }

        func start() { values.withLock { $0.isStarted = true } }
        func restart() { values.withLock { $0.isStarted = false } }

        /// Notes a response. Returns whether it holds something.
        func note(_ message: SCExecutePlanResponse) -> Bool {
            values.withLock { values in
                values.lastResponse = message.responseID
                values.count += 1
                guard case .resultComplete? = message.responseType else { return true }
                values.isComplete = true
                return false
            }
        }

        /// Returns how often attempts have failed in a row.
        func failed(progressed: Bool) -> Int {
            values.withLock { values in
                values.failures = progressed ? 0 : values.failures + 1
                return values.failures
            }
        }
    }
#endif
