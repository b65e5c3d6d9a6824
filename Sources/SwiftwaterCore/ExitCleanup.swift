/// What must be undone if a signal ends the process, such as temporary files.
package enum ExitCleanup {
    private struct State {
        var next = 0
        var actions: [Int: @Sendable () -> Void] = [:]
    }
    private static let state = Monitor(State())

    /// Adds an action, and returns its number.
    package static func add(_ action: @escaping @Sendable () -> Void) -> Int {
        state.update { state in
            state.next += 1
            state.actions[state.next] = action
            return state.next
        }
    }

    /// Removes an action: there is nothing to undo anymore.
    package static func remove(_ number: Int) { _ = state.update { $0.actions.removeValue(forKey: number) } }

    /// Runs all actions, in the order in which they were added, each once.
    package static func run() {
        let actions = state.update { state in
            defer { state.actions = [:] }
            return state.actions
        }
        for (_, action) in actions.sorted(by: { $0.key < $1.key }) { action() }
    }
}
