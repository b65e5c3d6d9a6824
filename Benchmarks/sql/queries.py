"""Runs each query in `swiftwater sql` and in DuckDB, in turns, and prints the seconds and their ratio; with --json all
seconds, and the most memory of `swiftwater sql` in MB.

    queries.py SWIFTWATER FOLDER ROUNDS [--json]
"""
import json
import resource
import subprocess
import sys
import time

import duckdb

program, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
ratings, movies = f"{folder}/ratings.csv", f"{folder}/movies.csv"

QUERIES = {
    "mean and count by film": (
        "SELECT movieId, count(*) AS n, avg(rating) AS mean FROM ratings GROUP BY movieId ORDER BY n DESC, mean LIMIT 3",
    ),
    "the same with titles": (
        "SELECT title, count(*) AS n, avg(rating) AS mean FROM ratings JOIN movies USING (movieId) "
        "GROUP BY movieId ORDER BY n DESC LIMIT 3",
        "SELECT any_value(title), count(*) AS n, avg(rating) AS mean FROM ratings JOIN movies USING (movieId) "
        "GROUP BY movieId ORDER BY n DESC LIMIT 3",
    ),
    "pivot": (
        "SELECT userId, max(rating) FILTER (WHERE movieId = 1) AS one, max(rating) FILTER (WHERE movieId = 2) AS two "
        "FROM ratings GROUP BY userId ORDER BY one DESC NULLS LAST, userId LIMIT 3",
    ),
    "filter by time": ("SELECT count(*), avg(rating) FROM ratings WHERE timestamp BETWEEN 1000000000 AND 1100000000",),
}


def timed(run, times):
    begin = time.perf_counter()
    result = run()
    times.append(round(time.perf_counter() - begin, 3))
    return result


def own(query):
    tables = ["--table", f"ratings={ratings}", "--table", f"movies={movies}"]
    return subprocess.run([program, "sql", *tables, query], check=True, capture_output=True, text=True).stdout


def peer(query):
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW ratings AS FROM read_csv('{ratings}')")
    connection.execute(f"CREATE VIEW movies AS FROM read_csv('{movies}')")
    return connection.execute(query).fetchall()


if "--json" not in sys.argv:
    print(f"duckdb {duckdb.__version__}, best of {rounds}")
for name, queries in QUERIES.items():
    mine, theirs = [], []
    for _ in range(rounds):
        text = timed(lambda: own(queries[0]), mine)
        rows = timed(lambda: peer(queries[-1]), theirs)
    # The counts, which both print in the same way, have to be the same.
    for row in rows:
        for value in row:
            if isinstance(value, int):
                assert str(value) in text, (name, value, text)
    if "--json" in sys.argv:
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(json.dumps({"query": name, "swiftwater": mine, "duckdb": theirs, "memory": memory}), flush=True)
        continue
    mine, theirs = min(mine), min(theirs)
    print(f"{name:24} swiftwater {mine:6.2f} s   duckdb {theirs:6.2f} s   ratio {mine / theirs:5.2f}", flush=True)
