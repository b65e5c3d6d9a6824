import java.nio.file._
import org.apache.spark._
import org.apache.spark.rdd.RDD
import org.apache.spark.storage.StorageLevel
import org.apache.spark.streaming._
import org.apache.spark.streaming.dstream.DStream
import scala.jdk.CollectionConverters._

/** Writes down the first word of each line of a DStream with checkpoints, a file for each batch of a second, until it is
  * killed. Benchmarks/spark/kills.py runs it.
  *
  *   socket PORT CHECKPOINT OUT     LOG=1 also keeps the receiver's write-ahead log
  *   files DIR CHECKPOINT OUT
  */
object SparkKills {
  def lines(streaming: StreamingContext, kind: String, source: String): DStream[String] = kind match {
    case "socket" => streaming.socketTextStream("127.0.0.1", source.toInt, StorageLevel.MEMORY_AND_DISK_SER)
    case "files" => streaming.textFileStream("file://" + source)
  }

  def create(kind: String, source: String, checkpoint: String, out: String): StreamingContext = {
    val conf = new SparkConf().setAppName("kills").setMaster("local[2]")
      .set("spark.ui.enabled", "false").set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
      .set("spark.streaming.receiver.writeAheadLog.enable", sys.env.contains("LOG").toString)
    val streaming = new StreamingContext(conf, Seconds(1))
    streaming.checkpoint(checkpoint)
    lines(streaming, kind, source).map(_.split(" ")(0)).foreachRDD { (rdd: RDD[String], time: Time) =>
      val ids = rdd.collect()
      if (ids.nonEmpty) {
        // Whole or not at all, and a batch that comes again does not replace what it gave before.
        val name = s"${time.milliseconds}-${System.nanoTime}"
        val unfinished = Paths.get(out, "." + name)
        Files.write(unfinished, ids.toSeq.asJava)
        Files.move(unfinished, Paths.get(out, name))
        println("wrote"); Console.flush()
      }
    }
    streaming
  }

  def main(arguments: Array[String]): Unit = {
    val Array(kind, source, checkpoint, out) = arguments
    val streaming = StreamingContext.getOrCreate("file://" + checkpoint, () => create(kind, source, "file://" + checkpoint, out))
    streaming.sparkContext.setLogLevel("ERROR")
    streaming.start()
    println("started"); Console.flush()
    streaming.awaitTermination()
  }
}
