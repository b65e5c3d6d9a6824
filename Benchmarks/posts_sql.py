#!/usr/bin/env python3
"""posts_sql.py polars|duckdb DIR [ROUNDS]: counts the words that begin with # in the texts of DIR/*.ndjson, on two threads, each time from the
files."""
import glob, os, resource, sys, time

os.environ["POLARS_MAX_THREADS"] = "2"
engine, folder = sys.argv[1:3]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
files = sorted(glob.glob(folder + "/*.ndjson"))


def polars():
    import polars as pl

    words = pl.scan_ndjson(files, schema={"text": pl.String}).select(pl.col("text").str.split(" ").alias("word")).explode("word")
    tags = words.filter(pl.col("word").str.starts_with("#")).group_by(pl.col("word").str.to_lowercase())
    return tags.agg(pl.len().alias("n")).sort("n", descending=True).head(10).collect(engine="streaming").rows()


def duckdb():
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET enable_progress_bar = false")
    source = f"read_json({files!r}, format = 'newline_delimited', columns = {{'text': 'VARCHAR'}})"
    return connection.execute(
        f"SELECT lower(word) AS tag, count(*) AS n FROM (SELECT unnest(string_split(text, ' ')) AS word FROM {source}) "
        "WHERE starts_with(word, '#') GROUP BY 1 ORDER BY n DESC LIMIT 10"
    ).fetchall()


for number in range(rounds):
    begin = time.time()
    top = {"polars": polars, "duckdb": duckdb}[engine]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{engine} round {number}: {time.time() - begin:.3f} s, first {top[0]}, peak {peak} MB", flush=True)
