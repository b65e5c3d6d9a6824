"""Posts: files, NDJSON, sockets, Kafka, and Jetstream."""
import glob, os

from running import BENCH, PEERS, PYTHON, Feeder, Run

SPARK = "Benchmarks/spark/streams.sh"


def posts(results, size, rounds):
    """The classic program and the built-in counter over files, and posts as JSON."""
    count = {"1m": 1_000_000, "5m": 5_000_000}[size]
    text, json = (os.path.join(PEERS, f"posts-{size}", kind) for kind in ("text", "json"))
    section, task = "files", f"{count // 1_000_000} million posts in text files, the full sorted table of tags"
    for path in sorted(glob.glob(text + "/*")):
        with open(path, "rb") as file:
            while file.read(1 << 24):
                pass
    for _ in range(rounds):
        run = Run(os.path.join(PEERS, "hashcount"), 2, *sorted(glob.glob(text + "/*")))
        results.limit(
            section, task, "C with AVX-512, counts only", "posts/s", [count / s for s, in run.numbers(r" s=([\d.]+)")],
            run.peak)
        for program, *arguments in (
            ("Swiftwater, the classic program in closures", "files", text),
            ("Swiftwater, the built-in counter", "trends", text, "words"),
        ):
            run = Run(BENCH, *arguments)
            found = run.numbers(r"round \d+: ([\d.]+) s.*peak (\d+) MB")
            results.own(section, task, program, "posts/s", [count / s for s, _ in found], found[-1][1])
    found = Run(SPARK, "files", text, os.path.join(PEERS, "stage"), 4).numbers(r"round \d+: ([\d.]+) s.*peak (\d+) MB")
    results.add(section, task, "Spark DStream (JVM)", "posts/s", [count / s for s, _ in found], found[-1][1])

    section, task = "json", f"{count // 1_000_000} million posts as NDJSON, the words of their texts that are tags"
    for _ in range(rounds):
        found = Run(BENCH, "posts", json, "words").numbers(r"round \d+: ([\d.]+) s.*peak (\d+) MB")
        results.own(section, task, "Swiftwater", "posts/s", [count / s for s, _ in found], found[-1][1])
        for engine, name in (("duckdb", "DuckDB"), ("polars", "Polars")):
            run = Run(PYTHON, "Benchmarks/posts_sql.py", engine, json, 3)
            found = run.numbers(r"round \d+: ([\d.]+) s.*peak (\d+) MB")
            results.add(section, task, name, "posts/s", [count / s for s, _ in found], found[-1][1])
    task = "the same files, tags of the service, event time"
    for what, *arguments in (
        ("one window", "counts"), ("slides of 100 s", "counts", "slides"),
        ("the same with authors, bursts, spellings, and copies", "authors"),
        ("the same with samples and deletions too", "all"),
    ):
        for _ in range(rounds):
            found = Run(BENCH, "posts", json, *arguments).numbers(r"round \d+: ([\d.]+) s.*peak (\d+) MB")
            results.own(
                section, task, f"Swiftwater, {what}", "posts/s", [count / s for s, _ in found], found[-1][1])


def sockets(results, rounds, seconds):
    """The highest rate with a lag of less than the batch's second, and the latency at a low rate."""
    feed = os.path.join(PEERS, "posts.txt")
    section, task = "socket", "a socket, batches of 1 s, the highest rate with a lag below 1 s"
    for _ in range(rounds):
        for program, kind in (
            ("Swiftwater, the classic program in closures", "socket"), ("Swiftwater, the same with the log on", "socketlog"),
            ("Swiftwater, the built-in counter", "trendsocket"),
        ):
            log = os.path.join(PEERS, "log")
            Run("rm", "-rf", log)
            with Feeder(feed, f"0:{seconds}"):
                run = Run(BENCH, kind, Feeder.PORT, *([log] if kind == "socketlog" else []), seconds)
            found = [row for row in run.numbers(r"batch (\d+) posts, lag (\d+) ms, peak (\d+) MB") if row[0] > 0][2:-1]
            held = [posts for posts, lag, _ in found if lag < 1000]
            if len(held) * 2 > len(found):
                results.own(section, task, program, "posts/s", held, found[-1][2])
    rates = [50_000, 100_000, 200_000, 300_000, 400_000, 500_000]
    each = max(6, seconds - 2)
    with Feeder(feed, ",".join(f"{rate}:{each}" for rate in rates)):
        run = Run(SPARK, "socket", Feeder.PORT, each * len(rates) + 4, MASTER="local[3]")
    found = run.numbers(r"batch (\d+) posts, lag (\d+) ms, peak (\d+) MB")
    held = [
        rate for rate in rates
        if len(near := [lag for posts, lag, _ in found if abs(posts - rate) < rate / 10]) > 2 and max(near[-3:]) < 1000]
    results.add(section, task, "Spark DStream (JVM)", "posts/s", held[-1:], found[-1][2])

    section = "latency"
    tasks = [f"10,000 posts/s on a socket, from sending a post to its result, {name}" for name in ("median", "99 of 100")]

    def add(how, program, run):
        for task, value in zip(tasks, run.numbers(r"p50 ([\d.]+) ms.*p99 ([\d.]+)")[0]):
            how(section, task, program, "ms", [value], run.numbers(r"peak (\d+) MB")[0][0])

    for _ in range(rounds):
        for interval in (1, 10, 100):
            with Feeder(feed, "10000:22", marks=True):
                add(results.own, f"Swiftwater, batches of {interval} ms", Run(BENCH, "latency", Feeder.PORT, interval))
    with Feeder(feed, "10000:40", marks=True):
        run = Run(SPARK, "latency", Feeder.PORT, 100, 35, MASTER="local[3]")
    add(results.add, "Spark DStream (JVM), batches of 100 ms", run)
    values = Run(BENCH, "empty").numbers(r"median ([\d.]+) ms, p99 ([\d.]+) ms")[0]
    for value, name in zip(values, ("median", "99 of 100")):
        results.own(section, f"an empty batch, {name}", "Swiftwater", "ms", [value])


def keys(results):
    """What a post costs as the number of distinct tags grows."""
    found = Run(BENCH, "keys").numbers(r"keys: (\d+) distinct: (\d+) ns a post.*peak so far (\d+) MB")
    results.curve("cost-keys", "a post, counts", [row[:2] for row in found])
    task = "4 million posts, up to 100 million distinct tags"
    results.own("memory", task, "Swiftwater, the built-in counter", "MB", [found[-1][2]], found[-1][2])


def services(results, rounds, messages, events):
    """Kafka's mock cluster in memory, and a server that speaks Jetstream."""
    section, task = "services", f"{messages:,} messages of Kafka"
    run = Run("Benchmarks/kafka.sh", ROUNDS=str(rounds), MESSAGES=str(messages))
    results.limit(section, task, "librdkafka, only reading (C)", "messages/s",
                  [v for v, in run.numbers(r"only reading: (\d+) messages/s")])
    found = run.numbers(r"closures: (\d+) messages/s.*peak (\d+) MB")
    results.own(section, task, "Swiftwater, the classic program in closures", "messages/s", [v for v, _ in found],
                max(peak for _, peak in found))
    section, task = "services", f"{events:,} events of Jetstream, one core"
    run = Run("Benchmarks/live.sh", events, ROUNDS=str(rounds))
    results.limit(section, task, "only reading the socket (Python)", "events/s",
                  [v for v, in run.numbers(r"only reading the socket.*?([\d,]+)/s")])
    for program, words in (("Swiftwater", "trends "), ("Swiftwater, with a checkpoint", "trends, with a log")):
        found = run.numbers(words + r" .*?([\d,]+)/s.*peak (\d+) MiB")
        results.own(section, task, program, "events/s", [v for v, _ in found], max(peak for _, peak in found))
