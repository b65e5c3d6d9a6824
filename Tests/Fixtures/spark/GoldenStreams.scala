// Records the actual output of the DStream operators of Apache Spark Streaming.
//
// Every scenario runs in its own StreamingContext with a batch interval of one second on a manual clock, so that the
// recording does not depend on the speed of the machine. Queue streams feed the scripted inputs below, one element of
// the script per batch; after the end of a script, its stream yields empty RDDs. The clock is advanced one interval at
// a
// time, and each batch is awaited. Time is counted in batches: the first has index 1.
//
// Output, on stdout: JSON lines. The first holds the inputs, and each other line one scenario:
//   operator, variant     what is recorded; `input` names the scripted streams the scenario reads
//   length, slide         of the window, in batches; other parameters (timeout, scanEvery, from, to) likewise
//   batches               [{"index": i, "rows": [...]}]; an index for which the stream has no RDD is omitted, and an
//                         RDD without elements has "rows": []
//   failures              [{"index": i, "message": "..."}], if the job of some batches failed; these have no rows
// Pairs are arrays, Some(x) is x, None is null and grouped values are arrays in ascending order. The rows are sorted by
// their JSON text, unless "ordered" is true: then the order is Spark's.

package org.apache.spark.streaming

import java.io.{File, PrintStream}
import java.nio.file.Files
import scala.collection.mutable
import scala.reflect.ClassTag
import org.apache.spark.{HashPartitioner, SPARK_VERSION, SparkConf, SparkContext}
import org.apache.spark.rdd.RDD
import org.apache.spark.streaming.dstream.{DStream, MapWithStateDStream}
import org.apache.spark.streaming.scheduler.{StreamingListener, StreamingListenerBatchCompleted}
import org.apache.spark.util.{ManualClock, Utils}

/** The scripted inputs: element i - 1 holds the values that arrive in batch i. */
object Script {
  type Pair = (String, Int)

  val numbers: Seq[Seq[Int]] = Seq(
    Seq(), Seq(1, 2, 2), Seq(3, -6, 3), Seq(0), Seq(5, -5, 7, 7), Seq(-2, 4),
    Seq(), Seq(), Seq(8, 1, 0, -1), Seq(9, 3, 3, -4), Seq(2, -2))

  val left: Seq[Seq[Pair]] = Seq(
    Seq("a" -> 1, "b" -> 2, "a" -> 3), Seq("b" -> 5, "é" -> 4, "a" -> -4), Seq("c" -> 0, "é" -> -4),
    Seq(), Seq("b" -> -7, "d" -> 9), Seq("d" -> -9, "e" -> 3, "e" -> 3),
    Seq("a" -> 6, "c" -> 2), Seq(), Seq("é" -> 1, "c" -> -2, "b" -> 4),
    Seq("a" -> -6, "a" -> 2, "e" -> 1), Seq("e" -> -7, "é" -> 5, "b" -> -4))

  val right: Seq[Seq[Pair]] = Seq(
    Seq("a" -> 1, "x" -> 1), Seq("b" -> 5, "b" -> 6, "é" -> 4), Seq(),
    Seq("a" -> 2, "é" -> -1), Seq("b" -> -7, "x" -> 0), Seq("e" -> 3, "d" -> 1),
    Seq("a" -> 6, "a" -> 7), Seq(), Seq("é" -> 1, "x" -> 3, "c" -> -2),
    Seq("e" -> 1, "b" -> 1))

  /** The states that the "initial" variants start from. */
  val initial: Seq[Pair] = Seq("a" -> 100, "z" -> 7)

  /** The RDD that the scenario "transform", "staticJoin" joins with every batch. */
  val static: Seq[(String, String)] = Seq("a" -> "alpha", "é" -> "accent", "e" -> "echo", "q" -> "never")
}

/** The input streams of one scenario, created on first use. */
class Inputs(ssc: StreamingContext) {
  val used = mutable.ArrayBuffer.empty[String]

  lazy val numbers: DStream[Int] = feed("numbers", Script.numbers)
  lazy val left: DStream[(String, Int)] = feed("left", Script.left)
  lazy val right: DStream[(String, Int)] = feed("right", Script.right)

  def rdd[T: ClassTag](elements: Seq[T]): RDD[T] = ssc.sparkContext.parallelize(elements, 2)

  private def feed[T: ClassTag](name: String, script: Seq[Seq[T]]): DStream[T] = {
    used += name
    val stream = ssc.queueStream(mutable.Queue(script.map(rdd(_)): _*), oneAtATime = true)
    // A queue stream takes an element only when it is asked for a batch. This output asks in every batch, so that
    // operators that skip batches (a slide above one) do not shift the script. It also gives every batch a job.
    stream.foreachRDD((_: RDD[T]) => ())
    stream
  }
}

/** The output of the tested stream; an object, so that output functions capture nothing (checkpoints serialize them). */
object Recorder {
  val batches = mutable.TreeMap.empty[Int, Seq[String]]
  val failures = mutable.TreeMap.empty[Int, String]
  @volatile var ordered = false
  @volatile var zero = Time(0)

  def attach[T](stream: DStream[T]): Unit = stream.foreachRDD((rdd: RDD[T], time: Time) => record(rdd, time))

  def record[T](rdd: RDD[T], time: Time): Unit = {
    val index = ((time - zero) / Golden.interval).toInt
    try batches(index) = rows(rdd)
    catch {
      case error: Throwable =>
        failures(index) = Iterator.iterate(error)(_.getCause).takeWhile(_ != null).toSeq.last.getMessage
        throw error
    }
  }

  def rows[T](rdd: RDD[T]): Seq[String] = {
    val texts = rdd.collect().toSeq.map(Json(_))
    if (ordered) texts else texts.sorted
  }
}

object Json {
  def apply(value: Any): String = value match {
    case null | None => "null"
    case Some(inner) => apply(inner)
    case (first, second) => array(Seq(apply(first), apply(second)))
    case text: String => "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\""
    case number @ (_: Int | _: Long | _: Boolean) => number.toString
    case group: Iterable[_] => array(group.toSeq.map(_.asInstanceOf[Int]).sorted.map(apply))
  }

  def array(texts: Seq[String]): String = texts.mkString("[", ",", "]")
  def script[T](batches: Seq[Seq[T]]): String = array(batches.map(batch => array(batch.map(apply))))
  def fields(pairs: (String, String)*): String = pairs.map { case (key, text) => apply(key) + ":" + text }.mkString(",")
}

/**
 * One recording.
 *
 * @param parameters  other keys of its line: length, slide, timeout...
 * @param checkpoint  whether the operator needs a checkpoint directory
 * @param ordered     whether the order of the rows is part of the result
 * @param slice       record stream.slice(from, to), requested after the last batch, as the only batch, with index `to`
 */
case class Scenario(
    operator: String,
    variant: String = "",
    parameters: Seq[(String, Int)] = Seq(),
    checkpoint: Boolean = false,
    ordered: Boolean = false,
    slice: Option[(Int, Int)] = None)(val stream: Inputs => DStream[_])

object Scenarios {
  type Pairs = DStream[(String, Int)]

  val windows: Seq[(Int, Int)] = Seq((1, 1), (2, 1), (3, 1), (6, 1), (2, 2), (4, 2), (3, 2), (2, 3), (5, 3))

  def all: Seq[Scenario] = windowed ++ stateless ++ updateStateByKey ++ mapWithState

  val add: (Int, Int) => Int = _ + _
  val subtract: (Int, Int) => Int = _ - _
  val greater: (Int, Int) => Int = math.max

  // MARK: windows

  def windowed: Seq[Scenario] = {
    /** Returns the scenarios of one operator for every (length, slide). */
    def each(operator: String, variant: String = "", checkpoint: Boolean = false)
        (stream: (Inputs, Duration, Duration) => DStream[_]): Seq[Scenario] =
      for ((length, slide) <- windows)
        yield Scenario(operator, variant, Seq("length" -> length, "slide" -> slide), checkpoint) { in =>
          stream(in, Seconds(length), Seconds(slide))
        }

    Seq(
      each("window") { (in, l, s) => in.numbers.window(l, s) },
      each("window.reduceByKey") { (in, l, s) => in.left.window(l, s).reduceByKey(add) },
      each("window.groupByKey") { (in, l, s) => in.left.window(l, s).groupByKey() },
      each("window.count") { (in, l, s) => in.numbers.window(l, s).count() },
      each("countByWindow", checkpoint = true) { (in, l, s) => in.numbers.countByWindow(l, s) },
      each("reduceByWindow", "sum") { (in, l, s) => in.numbers.reduceByWindow(add, l, s) },
      each("reduceByWindow", "max") { (in, l, s) => in.numbers.reduceByWindow(greater, l, s) },
      each("reduceByWindow", "sumInverse", checkpoint = true) { (in, l, s) =>
        in.numbers.reduceByWindow(add, subtract, l, s)
      },
      each("countByValueAndWindow", checkpoint = true) { (in, l, s) => in.numbers.countByValueAndWindow(l, s) },
      each("reduceByKeyAndWindow", "sum") { (in, l, s) => in.left.reduceByKeyAndWindow(add, l, s) },
      each("reduceByKeyAndWindow", "max") { (in, l, s) => in.left.reduceByKeyAndWindow(greater, l, s) },
      each("reduceByKeyAndWindow", "inverse", checkpoint = true) { (in, l, s) =>
        in.left.reduceByKeyAndWindow(add, subtract, l, s)
      },
      // A filter on the sum drops a key whose values cancel out while some of them are still in the window. When
      // they leave it, Spark finds nothing to subtract them from, and that batch and all later ones fail.
      each("reduceByKeyAndWindow", "inverseFiltered", checkpoint = true) { (in, l, s) =>
        in.left.reduceByKeyAndWindow(add, subtract, l, s, filterFunc = (pair: (String, Int)) => pair._2 != 0)
      },
      // The same filter where it is sound: on the number of values per key, which is 0 only when none is left.
      each("reduceByKeyAndWindow", "inverseFilteredCount", checkpoint = true) { (in, l, s) =>
        in.left.mapValues(_ => 1)
          .reduceByKeyAndWindow(add, subtract, l, s, filterFunc = (pair: (String, Int)) => pair._2 != 0)
      },
      each("groupByKeyAndWindow") { (in, l, s) => in.left.groupByKeyAndWindow(l, s) },
      each("window.join") { (in, l, s) => in.left.window(l, s).join(in.right.window(l, s)) },
      each("window.cogroup") { (in, l, s) => in.left.window(l, s).cogroup(in.right.window(l, s)) }
    ).flatten
  }

  // MARK: no window, no state

  def stateless: Seq[Scenario] = Seq(
    Scenario("map.filter.flatMap")(_.numbers.map(_ * 3).filter(_ > 0).flatMap(x => Seq(x, -x))),
    Scenario("mapValues")(_.left.mapValues(_ * 10)),
    Scenario("flatMapValues")(_.left.flatMapValues(x => if (x < 0) Seq() else Seq(x, x + 1))),
    Scenario("mapPartitions")(_.numbers.mapPartitions(_.map(_ * 2))),
    Scenario("count")(_.numbers.count()),
    Scenario("reduce", "sum")(_.numbers.reduce(add)),
    Scenario("countByValue")(_.numbers.countByValue()),
    Scenario("groupByKey")(_.left.groupByKey()),
    Scenario("reduceByKey", "sum")(_.left.reduceByKey(add)),
    // (sum, count) per key
    Scenario("combineByKey")(_.left.combineByKey[(Int, Int)](
      (x: Int) => (x, 1), (c, x) => (c._1 + x, c._2 + 1), (c, d) => (c._1 + d._1, c._2 + d._2),
      new HashPartitioner(2))),
    Scenario("union")(in => in.left.union(in.right)),
    Scenario("join")(in => in.left.join(in.right)),
    Scenario("leftOuterJoin")(in => in.left.leftOuterJoin(in.right)),
    Scenario("rightOuterJoin")(in => in.left.rightOuterJoin(in.right)),
    Scenario("fullOuterJoin")(in => in.left.fullOuterJoin(in.right)),
    Scenario("cogroup")(in => in.left.cogroup(in.right)),
    Scenario("transform", "distinct")(_.numbers.transform((rdd: RDD[Int]) => rdd.distinct())),
    Scenario("transform", "sortBy", ordered = true)(_.numbers.transform((rdd: RDD[Int]) => rdd.sortBy(x => x))),
    Scenario("transform", "staticJoin") { in =>
      val static = in.rdd(Script.static)
      in.left.transform((rdd: RDD[(String, Int)]) => rdd.join(static))
    },
    Scenario("transformWith", "subtract") { in =>
      in.left.transformWith(in.right, (l: RDD[(String, Int)], r: RDD[(String, Int)]) => l.subtract(r))
    },
    Scenario("transformWith", "intersection") { in =>
      in.left.transformWith(in.right, (l: RDD[(String, Int)], r: RDD[(String, Int)]) => l.intersection(r))
    },
    Scenario("repartition", parameters = Seq("partitions" -> 3))(_.numbers.repartition(3)),
    Scenario("slice", parameters = Seq("from" -> 2, "to" -> 5), slice = Some((2, 5)))(_.numbers.map(x => x)),
    // The ends are rounded down to the slide, so this is the windows of 2 and 4.
    Scenario("slice", "window", Seq("length" -> 2, "slide" -> 2, "from" -> 2, "to" -> 5), slice = Some((2, 5)))(
      _.numbers.window(Seconds(2), Seconds(2))))

  // MARK: state

  def updateStateByKey: Seq[Scenario] = {
    val sum = (values: Seq[Int], state: Option[Int]) => Option(state.getOrElse(0) + values.sum)
    val dropAtZero = (values: Seq[Int], state: Option[Int]) => Option(state.getOrElse(0) + values.sum).filter(_ != 0)
    // The number of batches since the key last had a value; the key is dropped when it would be 2.
    val countdown = (values: Seq[Int], state: Option[Int]) =>
      if (values.nonEmpty) Some(0) else state.map(_ + 1).filter(_ < 2)

    def scenario(variant: String)(stream: Inputs => Pairs) =
      Scenario("updateStateByKey", variant, checkpoint = true)(stream)

    Seq(
      scenario("sum")(_.left.updateStateByKey(sum)),
      scenario("dropAtZero")(_.left.updateStateByKey(dropAtZero)),
      scenario("countdown")(_.left.updateStateByKey(countdown)),
      scenario("initial")(in => in.left.updateStateByKey(sum, new HashPartitioner(2), in.rdd(Script.initial))),
      Scenario("updateStateByKey.window", "sum", Seq("length" -> 3, "slide" -> 2), checkpoint = true)(
        _.left.updateStateByKey(sum).window(Seconds(3), Seconds(2))))
  }

  def mapWithState: Seq[Scenario] = {
    type Stream = MapWithStateDStream[String, Int, Int, (String, Int)]

    /** The running sum; -1000 when the key times out. */
    val sum = (key: String, value: Option[Int], state: State[Int]) =>
      if (state.isTimingOut()) (key, -1000)
      else {
        val total = state.getOption().getOrElse(0) + value.getOrElse(0)
        state.update(total)
        (key, total)
      }
    /** The running sum, forgotten when it is 0. */
    val removing = (key: String, value: Option[Int], state: State[Int]) => {
      val total = state.getOption().getOrElse(0) + value.getOrElse(0)
      if (total != 0) state.update(total) else if (!state.isTimingOut()) state.remove()
      (key, total)
    }
    def spec = StateSpec.function(sum)
    val timeout = 3

    def plain(in: Inputs): Stream = in.left.mapWithState(spec)
    // Timeouts are detected when all states are scanned, which happens in the batches that are checkpointed.
    def timing(in: Inputs, scanEvery: Int, initial: Seq[(String, Int)] = Seq()): Stream = {
      val stream = in.left.mapWithState(spec.timeout(Seconds(timeout)).initialState(in.rdd(initial)))
      stream.checkpoint(Seconds(scanEvery))
      stream
    }
    def scenario(variant: String, parameters: (String, Int)*)(stream: Inputs => Pairs) =
      Scenario("mapWithState", variant, parameters, checkpoint = true)(stream)
    val everyBatch = Seq("timeout" -> timeout, "scanEvery" -> 1)
    val seldom = Seq("timeout" -> timeout, "scanEvery" -> 10)

    Seq(
      scenario("plain")(plain),
      scenario("snapshots")(plain(_).stateSnapshots()),
      scenario("initial")(in => in.left.mapWithState(spec.initialState(in.rdd(Script.initial)))),
      scenario("remove")(_.left.mapWithState(StateSpec.function(removing))),
      scenario("removeSnapshots")(_.left.mapWithState(StateSpec.function(removing)).stateSnapshots()),
      scenario("timeout", everyBatch: _*)(timing(_, 1)),
      scenario("timeoutSnapshots", everyBatch: _*)(timing(_, 1).stateSnapshots()),
      scenario("timeoutInitial", everyBatch: _*)(timing(_, 1, Script.initial)),
      // 10 batches is Spark's default.
      scenario("timeoutLateScan", seldom: _*)(timing(_, 10)))
  }
}

object Golden {
  val interval = Seconds(1)
  val batches = 12

  def main(arguments: Array[String]): Unit = {
    val out = new PrintStream(System.out, true, "UTF-8")
    val scratch = Files.createTempDirectory("golden-streams").toFile
    val context = new SparkContext(new SparkConf()
      .setMaster("local[2]")
      .setAppName("golden-streams")
      .set("spark.streaming.clock", classOf[ManualClock].getName)
      .set("spark.local.dir", scratch.getPath)
      .set("spark.ui.enabled", "false"))
    context.setLogLevel("ERROR")
    try {
      out.println("{" + header + "}")
      for ((scenario, number) <- Scenarios.all.zipWithIndex)
        out.println("{" + run(scenario, context, new File(scratch, s"checkpoint-$number")) + "}")
    } finally {
      context.stop()
      Utils.deleteRecursively(scratch)
    }
  }

  def header: String = {
    val inputs = Json.fields(
      "numbers" -> Json.script(Script.numbers),
      "left" -> Json.script(Script.left),
      "right" -> Json.script(Script.right),
      "initial" -> Json.array(Script.initial.map(Json(_))),
      "static" -> Json.array(Script.static.map(Json(_))))
    Json.fields(
      "inputs" -> s"{$inputs}",
      "batches" -> Json(batches),
      "spark" -> Json(SPARK_VERSION),
      "command" -> Json("./record.sh PYSPARK_JARS_DIR > golden.jsonl"))
  }

  /** Runs a scenario for all batches, and returns the fields of its line. */
  def run(scenario: Scenario, context: SparkContext, directory: File): String = {
    Recorder.batches.clear()
    Recorder.failures.clear()
    Recorder.ordered = scenario.ordered
    val streaming = new StreamingContext(context, interval)
    if (scenario.checkpoint) streaming.checkpoint(directory.getPath)
    if (scenario.slice.nonEmpty) streaming.remember(interval * (2 * batches))
    val inputs = new Inputs(streaming)
    val stream = scenario.stream(inputs)
    Recorder.attach(stream)
    val completed = new Completed
    streaming.addStreamingListener(completed)
    streaming.start()
    try {
      Recorder.zero = streaming.graph.zeroTime
      val clock = streaming.scheduler.clock.asInstanceOf[ManualClock]
      require(Recorder.zero.milliseconds == clock.getTimeMillis(), "the batch before the first one is at zero")
      for (index <- 1 to batches) {
        clock.advance(interval.milliseconds)
        completed.await(Recorder.zero + interval * index)
      }
      for ((from, to) <- scenario.slice) {
        Recorder.batches.clear()
        val rdds = stream.slice(Recorder.zero + interval * from, Recorder.zero + interval * to)
        Recorder.batches(to) = rdds.flatMap(Recorder.rows(_)).sorted
      }
    } finally {
      streaming.stop(stopSparkContext = false, stopGracefully = false)
    }
    describe(scenario, inputs)
  }

  def describe(scenario: Scenario, inputs: Inputs): String = {
    def lines[T](results: Iterable[(Int, T)], key: String)(text: T => String) =
      Json.array(results.toSeq.map { case (index, result) =>
        "{" + Json.fields("index" -> Json(index), key -> text(result)) + "}"
      })
    val variant = Seq("variant" -> Json(scenario.variant)).filter(_ => scenario.variant.nonEmpty)
    val parameters = scenario.parameters.map { case (key, value) => key -> Json(value) }
    val ordered = Seq("ordered" -> Json(true)).filter(_ => scenario.ordered)
    val input = "input" -> Json.array(inputs.used.toSeq.map(Json(_)))
    val batches = "batches" -> lines(Recorder.batches, "rows")(Json.array)
    val failed = Recorder.failures
    val failures = Seq("failures" -> lines(failed, "message")(Json(_))).filter(_ => failed.nonEmpty)
    val operator = "operator" -> Json(scenario.operator)
    Json.fields(Seq(operator) ++ variant ++ parameters ++ ordered ++ Seq(input, batches) ++ failures: _*)
  }
}

/** Lets the driver wait for the end of a batch. */
class Completed extends StreamingListener {
  private var last = Time(0)

  override def onBatchCompleted(event: StreamingListenerBatchCompleted): Unit = synchronized {
    last = event.batchInfo.batchTime
    notifyAll()
  }

  def await(time: Time): Unit = synchronized {
    val deadline = System.nanoTime() + 60L * 1000 * 1000 * 1000
    while (last < time) {
      require(System.nanoTime() < deadline, s"the batch of $time did not end")
      wait(1000)
    }
  }
}
