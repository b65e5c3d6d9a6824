import SwiftwaterCore

/// A discretized stream: a sequence of RDDs, one for each batch. The value only describes work; state exists only in a
/// started context.
///
/// Operators apply to the RDD of every batch. They are inlinable for the same reason as those of `RDD`.
public struct DStream<Element: Sendable>: Sendable {
    /// The context that runs this stream.
    public let context: StreamingContext
    let node: StreamNode<Element>
    /// Set if this stream is a window, or map, flatMap, and filter of one: the same stream without the window.
    var windowed: WindowedStream<Element>?

    init(context: StreamingContext, node: StreamNode<Element>, windowed: WindowedStream<Element>? = nil) {
        self.context = context
        self.node = node
        self.windowed = windowed
    }

    /// The time between two batches of this stream.
    public var slideDuration: Duration { node.slide }

    /// Names the step. A program with a checkpoint directory must name sources, stateful operators, and outputs: what
    /// was stored is found again by name.
    ///
    /// - Parameter version: raise it when the closures of the step change what they make of old state or data.
    /// - Parameter name: the name, unlike all others of the program.
    public func named(_ name: String, version: Int = 0) -> DStream<Element> {
        node.label = StepLabel(name: name, version: version)
        return self
    }

    /// Returns a stream whose RDD for each batch is made from this stream's RDD for the same batch.
    ///
    /// The closure runs when the batch's jobs are made; what it builds runs with the jobs.
    public func transform<Result: Sendable>(
        _ transform: @escaping @Sendable (RDD<Element>) throws -> RDD<Result>
    ) -> DStream<Result> {
        derive(named: "transform") { rdd, _ in try transform(rdd) }
    }

    /// Returns a stream transformed batch by batch; the closure also receives the batch time.
    public func transform<Result: Sendable>(
        _ transform: @escaping @Sendable (RDD<Element>, BatchTime) throws -> RDD<Result>
    ) -> DStream<Result> {
        derive(named: "transform", transform)
    }

    /// Returns a stream whose RDD for each batch is made from those of this stream and another with the same slide.
    public func transformWith<Other: Sendable, Result: Sendable>(
        _ other: DStream<Other>,
        _ transform: @escaping @Sendable (RDD<Element>, RDD<Other>, BatchTime) throws -> RDD<Result>
    ) -> DStream<Result> { combine(other, named: "transformWith", transform) }

    @usableFromInline
    func derive<Result: Sendable>(
        named name: String, _ make: @escaping @Sendable (RDD<Element>, BatchTime) throws -> RDD<Result>
    ) -> DStream<Result> {
        let node = node
        return DStream<Result>(
            context: context,
            node: StreamNode(kind: name, slide: node.slide, parents: [node], graph: context.graph) { time in
                try node.rdd(at: time).map { try make($0, time) }
            })
    }

    /// Derives a stream by an operator that works on each element by itself, so it may be applied before a window as
    /// well as after.
    @usableFromInline
    func deriveNarrow<Result: Sendable>(
        named name: String, _ make: @escaping @Sendable (RDD<Element>) throws -> RDD<Result>
    ) -> DStream<Result> {
        var result = derive(named: name) { rdd, _ in try make(rdd) }
        if let windowed {
            result.windowed = WindowedStream(length: windowed.length, slide: windowed.slide) {
                windowed.base().derive(named: name) { rdd, _ in try make(rdd) }
            }
        }
        return result
    }

    @usableFromInline
    func combine<Other: Sendable, Result: Sendable>(
        _ other: DStream<Other>, named name: String,
        _ make: @escaping @Sendable (RDD<Element>, RDD<Other>, BatchTime) throws -> RDD<Result>
    ) -> DStream<Result> {
        if other.node.slide != node.slide {
            context.graph.add(
                SwiftwaterError(
                    .invalidArgument,
                    "\(name) of streams with different slides: \(node.slide.label) and \(other.node.slide.label)",
                    at: .init(streamOperator: name), remedy: "give both the same slide with window"))
        }
        let (left, right) = (node, other.node)
        return DStream<Result>(
            context: context,
            node: StreamNode(kind: name, slide: node.slide, parents: [left, right], graph: context.graph) { time in
                guard let leftRDD = try left.rdd(at: time), let rightRDD = try right.rdd(at: time) else { return nil }
                return try make(leftRDD, rightRDD, time)
            })
    }

    /// Returns a stream whose batch at time t holds this stream's batches in (t - length, t].
    ///
    ///     batches           0     1     2     3     4     5
    ///     length 2 slide 1  [0]   [01]  [12]  [23]  [34]  [45]
    ///     length 4 slide 2        [01]        [0123]      [2345]
    ///
    /// A reduction by key over a window, with only map, flatMap, and filter between, does not gather the window's
    /// elements; see `reduceByKeyAndWindow`.
    ///
    /// - Parameters:
    ///   - length: a multiple of this stream's slide.
    ///   - slide: the time between windows: a multiple of this stream's slide, which is the default.
    public func window(_ length: Duration, slide: Duration? = nil) -> DStream<Element> {
        let slide = slide ?? node.slide
        checkWindow("window", length, slide)
        let (parent, batch) = (node, context.engine)
        let this = self
        return DStream(
            context: context,
            node: StreamNode(
                kind: "window", detail: "length \(length.label), slide \(slide.label)", slide: slide, parents: [parent],
                graph: context.graph, lookback: length
            ) { time in
                batch.union(try parent.slice(length: length, endingAt: time).map(\.rdd))
            }, windowed: WindowedStream(length: length, slide: slide) { this })
    }

    func checkWindow(_ name: String, _ length: Duration, _ slide: Duration) {
        for (what, duration) in [("window length", length), ("slide interval", slide)]
        where !(duration > .zero && duration.isMultiple(of: node.slide)) {
            context.graph.add(
                SwiftwaterError(
                    .invalidArgument,
                    "a \(what) of \(duration.label) is not a multiple of the stream's slide of \(node.slide.label)",
                    at: .init(streamOperator: name), remedy: "choose a multiple of \(node.slide.label)"))
        }
    }

    /// Keeps the RDDs of this stream for `duration` after their batch, for `slice`.
    public func remember(_ duration: Duration) -> DStream<Element> {
        node.remember(duration)
        return self
    }

    /// Returns the RDDs of the batches in [from, to] that are still remembered. Both times are rounded down to batch
    /// times of this stream. Call it within a transform.
    public func slice(from: BatchTime, through to: BatchTime) throws -> [RDD<Element>] {
        let (zero, slide) = (context.zeroTime, node.slide)
        let (first, last) = (from.rounded(downTo: slide, since: zero), to.rounded(downTo: slide, since: zero))
        return try node.slice(length: last - first + slide, endingAt: last).map(\.rdd)
    }
}

/// A window and the stream that it is a window of.
struct WindowedStream<Element: Sendable>: Sendable {
    let length: Duration
    let slide: Duration
    let base: @Sendable () -> DStream<Element>
}
