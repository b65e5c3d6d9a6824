import java.nio.file._
import org.apache.spark._
import org.apache.spark.rdd.RDD
import org.apache.spark.storage.StorageLevel
import org.apache.spark.streaming._
import org.apache.spark.streaming.dstream.DStream
import org.apache.spark.streaming.scheduler._
import scala.jdk.CollectionConverters._

/** The classic program on Spark's DStreams, words to the letter, as Benchmarks/streams.sh runs it beside ours.
  *
  *   files DIR STAGE ROUNDS     the files of DIR, as one batch of 1 s each round; the time from the batch's time to the full, sorted table
  *   socket PORT SECONDS        1 s batches: what each held, how long after its time it was done
  *   latency PORT MS SECONDS    from the time in a marker "#zlatNANOSECONDS" to the emitted result
  */
object SparkStreams {
  def peakMegabytes: Long =
    Files.readAllLines(Paths.get("/proc/self/status")).asScala.find(_.startsWith("VmHWM")).get.split("\\s+")(1).toLong / 1024

  def context(interval: Duration): StreamingContext = {
    val conf = new SparkConf().setAppName("streams").setMaster(sys.env.getOrElse("MASTER", "local[2]"))
      .set("spark.ui.enabled", "false").set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
      .set("spark.default.parallelism", "2")
    val context = new StreamingContext(conf, interval)
    context.sparkContext.setLogLevel("ERROR")
    context
  }

  def classic(lines: DStream[String]): DStream[(String, Int)] =
    lines.flatMap(_.split(" ")).filter(_.startsWith("#")).map(_.toLowerCase).map((_, 1)).reduceByKey(_ + _)
      .transform(_.sortBy(_._2, ascending = false))

  def deleteTree(path: String): Unit =
    if (Files.exists(Paths.get(path)))
      Files.walk(Paths.get(path)).sorted(java.util.Comparator.reverseOrder()).forEach(x => Files.delete(x))

  def say(line: String): Unit = { println(line); Console.flush() }
  def end(): Unit = { Console.flush(); System.out.flush(); Runtime.getRuntime.halt(0) }

  def files(source: String, stage: String, rounds: Int): Unit = {
    deleteTree(stage)
    val incoming = Files.createDirectories(Paths.get(stage, "in"))
    val streaming = context(Seconds(1))
    @volatile var done = 0
    classic(streaming.textFileStream("file://" + incoming)).foreachRDD { (rdd: RDD[(String, Int)], time: Time) =>
      val rows = rdd.collect()
      if (rows.nonEmpty) {
        say(f"spark files round $done: ${(System.currentTimeMillis - time.milliseconds) / 1000.0}%.2f s, ${rows.length} tags, first ${rows.head}  peak $peakMegabytes MB")
        done += 1
      }
    }
    streaming.start()
    for (round <- 0 until rounds) {
      val copies = Files.createDirectories(Paths.get(stage, "copy" + round))
      Files.list(Paths.get(source)).iterator.asScala.toSeq.foreach { file =>
        Files.copy(file, copies.resolve(s"$round-" + file.getFileName))
      }
      // Just after a batch's time, so that all files fall into one batch.
      Thread.sleep(1000 - System.currentTimeMillis % 1000 + 100)
      Files.list(copies).iterator.asScala.toSeq.foreach { file =>
        file.toFile.setLastModified(System.currentTimeMillis)
        Files.move(file, incoming.resolve(file.getFileName))
      }
      while (done <= round) Thread.sleep(20)
      Thread.sleep(1000)
    }
    deleteTree(stage)
  }

  def socket(port: Int, seconds: Int): Unit = {
    val streaming = context(Seconds(1))
    streaming.addStreamingListener(new StreamingListener {
      override def onBatchCompleted(completed: StreamingListenerBatchCompleted): Unit = {
        val batch = completed.batchInfo
        val lag = batch.processingEndTime.getOrElse(0L) - batch.batchTime.milliseconds
        say(s"spark batch ${batch.numRecords} posts, lag $lag ms, peak $peakMegabytes MB")
      }
    })
    classic(streaming.socketTextStream("127.0.0.1", port, StorageLevel.MEMORY_ONLY)).foreachRDD { rdd => rdd.collect(); () }
    streaming.start()
    streaming.awaitTerminationOrTimeout(seconds * 1000L)
  }

  def latency(port: Int, interval: Long, seconds: Int): Unit = {
    val streaming = context(Milliseconds(interval))
    val delays = scala.collection.mutable.ArrayBuffer[Double]()
    classic(streaming.socketTextStream("127.0.0.1", port, StorageLevel.MEMORY_ONLY)).foreachRDD { rdd =>
      val rows = rdd.collect()
      val instant = java.time.Instant.now
      val now = instant.getEpochSecond * 1000000000L + instant.getNano
      for ((tag, _) <- rows if tag.startsWith("#zlat")) delays.synchronized { delays += (now - tag.substring(5).toLong) / 1e6 }
    }
    streaming.start()
    streaming.awaitTerminationOrTimeout(seconds * 1000L)
    // The first 10 s warm the virtual machine up.
    val all = delays.synchronized(delays.toArray).drop(1000).sorted
    if (all.nonEmpty)
      say(f"spark latency: p50 ${all(all.length / 2)}%.1f ms, p99 ${all(all.length * 99 / 100)}%.1f, most ${all.last}%.1f, ${all.length} markers, peak $peakMegabytes MB")
  }

  def main(arguments: Array[String]): Unit = {
    arguments(0) match {
      case "files" => files(arguments(1), arguments(2), arguments(3).toInt)
      case "socket" => socket(arguments(1).toInt, arguments(2).toInt)
      case "latency" => latency(arguments(1).toInt, arguments(2).toLong, arguments(3).toInt)
    }
    end()
  }
}
