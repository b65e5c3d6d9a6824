"""Writes docs/BENCHMARKS.md and its plots from the values of a run.

    page.py RESULTS FOLDER       writes BENCHMARKS.md and benchmarks/*.svg into FOLDER
    page.py RESULTS              prints the tables only
"""
import json, os, statistics, sys

import plots

# The name of a section, its title, and what a reader has to know about it.
SECTIONS = [
    ("files", "Posts in files", """
The classic program of the textbooks: split into words, keep those that begin with `#`, lowercase, count, sort. With
closures it is the same program as Spark's; the built-in counter (`trending`) does the same without closures, and counts a
tag once for each post. Files are in the page cache. The C program does nothing but count the tags, for two cores with
AVX-512, and shows what the machine allows.""", "throughput"),
    ("json", "Posts as JSON", """
Posts in the format of Twitter's API. The first table is the part of the work that DuckDB and Polars can do as well: find
the words in the texts and count them. The second is what trends need in practice.""", None),
    ("socket", "Posts from a socket", """
A C program on the same two cores sends as fast as it can, or, for Spark, at rising rates. A round of the table
is one batch that was done within a second of its time. The table leaves out later batches, and runs in which most batches
were late. Spark's figure is the highest rate at which its last batches were still done in time.""", None),
    ("latency", "Latency", """
The same program at 10,000 posts a second. The time is from when a marked post is sent until its result is there, and so
includes waiting for the end of the batch.""", "latency"),
    ("services", "Kafka and Jetstream", """
Kafka is librdkafka's mock cluster in memory, with 32 partitions; Jetstream is a local server that sends posts of 710
bytes. Both are on the same two cores as the program. Each program counts all posts, from its start to the last table.""",
     None),
    ("study", "The case study of the recommender", """
All programs read the same {ratings} generated ratings, with planted structure.""", None),
    ("fit", "Fitting", """
Alternating least squares on Spark's split (60 of 100 for training), the index included. "Exact" solves each system by
Cholesky; three steps of conjugate gradients come close to it in less time. Fits of one peer ran in one process, so its
memory is that of the largest.""", "rmse-time"),
    ("top", "Top 10", """
From models of 10 iterations. Items are ordered by the length of their factors, and a list ends where no later score
can be among the best; the limit is a multiplication of the factors that does not look for the best.""", None),
    ("sql", "SQL", """
`swiftwater sql` runs queries in SQLite, on one thread; DuckDB is a database for this kind of query, on two threads.
Reading the file is included.""", None),
    ("server", "The server", """
`swiftwater serve` with the model of these ratings. wrk runs on the same two cores; each request is for another user,
and no answer is cached. A rating counts when the next answer follows it, and it is on the disk by then: the limit is the
disk's own fsync.""", None),
    ("memory", "Memory", """
Each table has the most memory of each program. Beyond `--keys-max` tags (a million
by default) more of them need no more memory: counts get an error bound instead.""",
     "memory"),
]
# The plot of errors leaves out larger ones, beside which the others could not be told apart.
WORST = 1
COSTS = [
    ("cost-ratings", "Cost of a rating", "rank", "nanoseconds for each rating and side of an iteration, two threads"),
    ("cost-keys", "Cost of a post", "distinct tags", "nanoseconds for each post"),
]


def median(values):
    return statistics.median(values)


def number(value):
    value = float(f"{value:.3g}")
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def is_rate(row):
    return row["unit"].endswith("/s")


def speed(row, own):
    """How many times as fast `own` is as `row`."""
    ratio = median(own["values"]) / median(row["values"])
    return ratio if is_rate(row) else 1 / ratio


def reference(row, rows):
    """The row of our own that another one is compared with: one with the same words after its first comma, or the first."""
    own = [other for other in rows if other["task"] == row["task"] and other["kind"] == "own"]
    same = [o for o in own if "," in row["program"] and o["program"].split(", ", 1)[1:] == row["program"].split(", ", 1)[1:]]
    return (same or own or [None])[0]


def times(ratio):
    """A ratio of two digits that matter."""
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}" if ratio >= 1.095 else f"{ratio:.2f}"


def tables(results, section):
    rows = [row for row in results["rows"] if row["section"] == section and row["values"]]
    for task in dict.fromkeys(row["task"] for row in rows):
        mine = [row for row in rows if row["task"] == task]
        has_peers = any(row["kind"] != "own" for row in mine)
        yield f"{task[0].upper()}{task[1:]}, {mine[0]['unit']}:\n"
        yield "| program | median | least to most | rounds | memory |" + (" Swiftwater's speed |" if has_peers else "")
        yield "|---|---:|---:|---:|---:|" + ("---:|" if has_peers else "")
        for row in mine:
            values = row["values"]
            spread = f"{number(min(values))} to {number(max(values))}" if len(values) > 1 else ""
            memory = f"{row['memory']:,} MB" if row["memory"] else ""
            line = f"| {row['program']} | {number(median(values))} | {spread} | {len(values)} | {memory} |"
            if has_peers:
                own = reference(row, rows)
                line += f" {times(speed(row, own))} times |" if row["kind"] != "own" and own else " |"
            yield line
        yield ""


def slower(results, kind):
    """Where another program is faster than ours, as sentences."""
    for row in results["rows"]:
        own = reference(row, [other for other in results["rows"] if other["section"] == row["section"]])
        if row["kind"] == kind and own and row["values"] and (ratio := speed(row, own)) < 1:
            yield f"- {row['program']}: {times(1 / ratio)} times as fast as {own['program']} ({row['task']})."


def lighter(results):
    """Where a peer needs less memory than ours, as sentences."""
    for row in results["rows"]:
        own = reference(row, [other for other in results["rows"] if other["section"] == row["section"]])
        if row["kind"] == "peer" and own and row["memory"] and own["memory"] and row["memory"] < own["memory"]:
            yield f"- {row['program']}: {row['memory']:,} MB, {own['program']} {own['memory']:,} MB ({row['task']})."


def closer(results):
    """Where a peer has a smaller error than ours after as many iterations, as sentences."""
    curves = {curve["name"]: curve["points"] for curve in results["curves"] if curve["plot"] == "rmse-time"}
    for name, points in curves.items():
        own = "Swiftwater, with biases" if name.endswith("with biases") else "Swiftwater"
        for count, (seconds, error), (least, ours) in zip(results["iterations"], points, curves[own]):
            if error < ours:
                yield (
                    f"- {name}: RMSE {error:.4f} after {count} iterations in {number(seconds)} s; {own}: {ours:.4f} in "
                    f"{number(least)} s.")


def summary(results):
    yield "## Where others are better\n"
    for words, found in (
        ("Faster:", slower(results, "peer")), ("With less memory:", lighter(results)),
        ("With a smaller error after as many iterations, at rank 10:", closer(results)),
    ):
        yield words + "\n"
        yield from list(found) or ["None in this run."]
        yield ""
    limits = list(slower(results, "limit"))
    if limits:
        yield "Programs that do only a part of the work show what the machine allows:\n"
        yield from limits
        yield ""


def about(results):
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(machine["versions"].items()))
    yield f"Measured on {machine['date']} at commit {machine['commit']}, in {results['minutes']} minutes:\n"
    processor = machine["processor"].replace("avx512f", "AVX-512").replace("avx2", "AVX2")
    yield f"- {machine['cores']} cores of {processor}, {machine['memoryGB']:.0f} GB; {machine['system']}."
    yield f"- {machine['swift']}; {machine['c']}; {machine['java']}; Python {machine['python']}."
    yield f"- {versions}."
    yield ""


HEAD = """# Benchmarks

`make bench` measures Swiftwater and what else one would use, on one machine in one run, and writes this page and its
plots. Do not edit it. `make bench-quick` measures less in 10 minutes, and prints the tables.
[Benchmarks](../Benchmarks/README.md) says how to run them, and what each one does.

Programs run one after the other, in turns where they can, with two threads each. A figure is the median of its
rounds, with the least and the most, and its speed is compared with that of the first line of Swiftwater that does the
same. Memory is the most that the process had. Compare figures of this page with each other, not with those of another
machine.
"""


def plot_files(results):
    """The plots: the name of each, and its SVG."""
    def rows(section):
        return [row for row in results["rows"] if row["section"] == section and row["values"]]

    def groups(names, value, unit=None):
        for section in names:
            for task in dict.fromkeys(row["task"] for row in rows(section)):
                found = [
                    (row["program"], value(row), row["kind"]) for row in rows(section)
                    if row["task"] == task and value(row) and (unit is None or row["unit"] == unit)]
                if any(kind != "own" for _, _, kind in found):
                    yield task, found

    yield "throughput", plots.bars(
        "Throughput", "posts a second", list(groups(["files", "json", "socket"], lambda r: median(r["values"]), "posts/s")))
    yield "latency", plots.bars(
        "Latency", "milliseconds", list(groups(["latency", "server"], lambda r: median(r["values"]), "ms")), is_log=True)
    yield "memory", plots.bars(
        "Memory", "MB", list(groups(["files", "json", "study", "fit"], lambda r: r["memory"])), is_log=True)
    for name, title, x, y in [("rmse-time", "RMSE against time", "seconds of fitting, rank 10", "RMSE on test")] + COSTS:
        series = [(curve["name"], curve["points"]) for curve in results["curves"] if curve["plot"] == name]
        if name == "rmse-time":
            series = [(label, [point for point in points if point[1] < WORST]) for label, points in series]
        yield name, plots.lines(title, x, y, series, log_y=name == "cost-ratings")


def cost_tables(results):
    yield "## Cost against size\n"
    for name, title, x, y in COSTS:
        series = [curve for curve in results["curves"] if curve["plot"] == name]
        columns = [point[0] for point in series[0]["points"]]
        yield f"{title}, {y}:\n"
        yield f"| {x} | " + " | ".join(f"{column:,.0f}" for column in columns) + " |"
        yield "|---|" + "---:|" * len(columns)
        for curve in series:
            yield f"| {curve['name']} | " + " | ".join(number(point[1]) for point in curve["points"]) + " |"
        yield f"\n![{title}](benchmarks/{name}.svg)\n"


def error_table(results):
    """RMSE on test data against the time of the fit."""
    series = [curve for curve in results["curves"] if curve["plot"] == "rmse-time"]
    yield "Seconds of fitting, and RMSE on test data, at rank 10 (Swiftwater: the median and the mean of three seeds):\n"
    yield "| program | " + " | ".join(f"{n} iteration{'s' if n > 1 else ''}" for n in results["iterations"]) + " |"
    yield "|---|" + "---:|" * len(results["iterations"])
    for curve in series:
        cells = (f"{number(seconds)} s, {error:.4f}" for seconds, error in curve["points"])
        yield f"| {curve['name']} | " + " | ".join(cells) + " |"
    yield f"\nThe plot leaves out errors above {WORST}.\n"


def page(results):
    parts = [HEAD, *about(results), *summary(results)]
    for section, title, words, plot in SECTIONS:
        parts.append(f"## {title}\n")
        parts.append(words.strip().replace("{ratings}", results["ratings"]) + "\n")
        parts += tables(results, section)
        if section == "fit":
            parts += error_table(results)
        if plot:
            parts.append(f"![{title}](benchmarks/{plot}.svg)\n")
    parts += cost_tables(results)
    return "\n".join(parts).rstrip() + "\n"


def write(results, folder):
    os.makedirs(os.path.join(folder, "benchmarks"), exist_ok=True)
    for name, svg in plot_files(results):
        with open(os.path.join(folder, "benchmarks", f"{name}.svg"), "w") as file:
            file.write(svg)
    with open(os.path.join(folder, "BENCHMARKS.md"), "w") as file:
        file.write(page(results))


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        values = json.load(file)
    if len(sys.argv) > 2:
        write(values, sys.argv[2])
    else:
        print(page(values))
