"""Ratings: reading, fitting, the error against time, top-N, cost, and SQL."""
import os

from running import PEERS, PYTHON, RECOMMENDER, Run

NUMBER = r"[\d.]+(?:e-\d+)?"
ITERATIONS = [1, 3, 5, 10]


def fits(results, preset, rounds, recommends):
    """All engines on Spark's split of the same ratings."""
    data, split = os.path.join(PEERS, "data", preset, "ratings.csv"), os.path.join(PEERS, "data", f"split-{preset}")
    spark = Run(PYTHON, "Benchmarks/als/spark_als.py", preset, 10, "--save-split", "--iters",
                ",".join(map(str, ITERATIONS)), *(["--recommend"] if recommends else [])).objects()
    Run(PYTHON, "-c", "import pandas, sys\nfor name in ('train', 'test'):\n"
        "    pandas.read_parquet(f'{sys.argv[1]}/{name}').to_csv(f'{sys.argv[1]}/{name}.csv', index=False)", split)
    stage = {row["stage"]: row for row in spark if row["stage"] != "fit"}
    fit = {row["maxIter"]: row for row in spark if row["stage"] == "fit"}
    peak = max(row.get("rss_mb", 0) for row in spark)

    def task(what):
        return f"{what}, 5 iterations"

    curve, biased = [], []
    for iterations in ITERATIONS:
        for words, points in (([], curve), (["biases"], biased)):
            run = Run(RECOMMENDER, "fit", f"{split}/train.csv", f"{split}/test.csv", 10, iterations, *words)
            times = [float(v) for v in run.output.split(" s of ")[1].split(",")[0].split()]
            points.append([sorted(times)[1], run.numbers(rf"RMSE on test mean ({NUMBER})")[0][0]])
            if iterations == 5:
                name = "Swiftwater, exact, with biases" if words else "Swiftwater, exact"
                results.own("fit", task("rank 10"), name, "s", times, run.peak)
    results.curve("rmse-time", "Swiftwater", curve)
    results.curve("rmse-time", "Swiftwater, with biases", biased)
    results.add("fit", task("rank 10"), "Spark", "s", [fit[5]["s"]], fit[5]["rss_mb"])
    results.curve("rmse-time", "Spark", [[fit[n]["s"], fit[n]["test_rmse"]] for n in ITERATIONS])

    for words, what in (([], "rank 64"), (["implicit"], "implicit feedback, rank 64")):
        run = Run(RECOMMENDER, "fit", f"{split}/train.csv", f"{split}/test.csv", 64, 5, *words)
        times = [float(v) for v in run.output.split(" s of ")[1].split(",")[0].split()]
        results.own("fit", task(what), "Swiftwater, exact", "s", times, run.peak)
    peers = Run(PYTHON, "-W", "ignore", "Benchmarks/als/peers.py", preset, "curve,cmfrec64,implicit", "--reps", rounds,
                "--iters", ",".join(map(str, ITERATIONS))).objects()
    curves = {}
    for row in peers:
        if "solver" not in row:
            continue
        solver = {"CG3": "3 steps of conjugate gradients", "Cholesky": "exact"}[row["solver"]]
        name = f"{row['peer']}, {solver}" + (", with biases" if row.get("biases") else "")
        if row.get("niter") and row["k"] == 10:
            curves.setdefault(name, []).append([row["s"], row["test_rmse"]])
        if row.get("niter", 5) == 5:
            what = "implicit feedback, rank 64" if row["peer"] == "implicit" else f"rank {row['k']}"
            results.add("fit", task(what), name, "s", row["runs"], row["rss_mb"])
    for name, points in curves.items():
        results.curve("rmse-time", name, points)

    section = "study"
    for _ in range(rounds):
        run = Run(RECOMMENDER, "study", data)
        results.own(section, "load, split 60/20/20, fit, RMSE on validation and test", "Swiftwater", "s", [run.seconds],
                    run.peak)
        run = Run(RECOMMENDER, "read", data)
        times = [float(v) for v in run.output.split(" s of ")[1].split(",")[0].split()]
        results.own(section, "read the CSV file", "Swiftwater, with dictionaries of ids", "s", times, run.peak)
        run = Run(PYTHON, "Benchmarks/report/read_polars.py", data, POLARS_MAX_THREADS="2")
        results.add(section, "read the CSV file", "Polars, columns only", "s", [s for s, in run.numbers(r"([\d.]+) s")],
                    run.peak)
    spark_seconds = sum(stage[n]["s"] for n in ("jvm+session", "load+cache+count", "split+cache+count"))
    results.add(section, "load, split 60/20/20, fit, RMSE on validation and test", "Spark, with its start and RMSE on test only",
                "s", [spark_seconds + fit[5]["s"] + fit[5]["evaluate_s"]], peak)
    tops(results, split, stage, rounds)


def tops(results, split, stage, rounds):
    section, task = "top", "top 10 for all users, rank 10"
    sizes = None
    for _ in range(rounds):
        run = Run(RECOMMENDER, "top", f"{split}/train.csv", 10)
        for words, name in (("kept", "Swiftwater"), ("left out", "Swiftwater, without seen items")):
            users, items = run.numbers(rf"seen {words}: all users ({NUMBER}) s, all items ({NUMBER}) s")[0]
            results.own(section, task, name, "s", [users], run.peak)
            results.own(section, task.replace("users", "items"), name, "s", [items], run.peak)
        median, p99 = run.numbers(rf"one user: median ({NUMBER}) ms, p99 ({NUMBER}) ms")[0]
        results.own(section, "top 10 for one user, median", "Swiftwater", "ms", [median])
        results.own(section, "top 10 for one user, 99 of 100", "Swiftwater", "ms", [p99])
        if sizes is None:
            count = Run(PYTHON, "-c", "import pandas, sys; d = pandas.read_csv(sys.argv[1]); "
                        "print(d.userId.nunique(), d.movieId.nunique())", f"{split}/train.csv")
            sizes = count.output.split()
        found = Run(PYTHON, "Benchmarks/als/gemm_top.py", *sizes, 10).numbers(r": ([\d.]+) s")
        results.limit(section, task, "sgemm of all scores, none looked at", "s", [min(v for v, in found)])
    for kind in ("Users", "Items"):
        row = stage.get(f"recommendForAll{kind}(10)")
        if row:
            results.add(section, task.replace("users", kind.lower()), "Spark", "s", [row["s"]], row["rss_mb"])


def costs(results, presets):
    for preset in presets:
        data = os.path.join(PEERS, "data", preset, "ratings.csv")
        points = [
            [rank, Run(RECOMMENDER, "cost", data, rank).numbers(rf", ({NUMBER}) ns a rating and side")[0][0]]
            for rank in (8, 16, 32, 64, 128)]
        results.curve("cost-ratings", f"{preset} set", points)


def queries(results, preset, rounds):
    folder = os.path.join(PEERS, "data", preset)
    for row in Run(PYTHON, "Benchmarks/sql/queries.py", ".build/release/swiftwater", folder, rounds, "--json").objects():
        results.own("sql", row["query"], "Swiftwater", "s", row["swiftwater"], row["memory"])
        results.add("sql", row["query"], "DuckDB", "s", row["duckdb"])


def server(results, preset, rounds, seconds):
    section = "server"
    for _ in range(rounds):
        run = Run("Benchmarks/serve.sh", preset, SECONDS_EACH=str(seconds))
        peak = run.numbers(r"VmHWM:\s+(\d+)")[0][0] / 1024
        results.own(section, "top 10 over HTTP, 32 connections", "Swiftwater", "requests/s",
                    [run.numbers(r"Requests/sec:\s+([\d.]+)")[0][0]], peak)
        pattern = r"p50 ([\d.]+) ms, p99 ([\d.]+) ms"
        for words, task in (
            ("rating to answer, one writer", "from a rating to an answer that follows it"),
            ("rating to answer, eight writers", "the same, eight writers"),
            ("the same while 1,000 pages listen", "the same, eight writers and 1,000 open pages"),
        ):
            for value, name in zip(run.numbers(words + r"\s+" + pattern)[0], ("median", "99 of 100")):
                results.own(section, f"{task}, {name}", "Swiftwater", "ms", [value], peak)
        for value, name in zip(run.numbers(r"fsync alone\s+" + pattern)[0], ("median", "99 of 100")):
            results.limit(section, f"from a rating to an answer that follows it, {name}", "fsync of 100 bytes", "ms", [value])
