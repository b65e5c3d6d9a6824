"""Runs all benchmarks in one run. Started by Benchmarks/report.sh, which prepares what is needed.

    main.py full       writes Benchmarks/results.json, docs/BENCHMARKS.md, and docs/benchmarks/*.svg
    main.py quick      prints the tables; the values go to quick.json in PEERS_DIR
"""
import json, os, sys, time

import page, recommender, streams
from running import PEERS, Results, machine, say

PLANS = {
    "full": dict(
        posts="5m", ratings="25m", presets=["1m", "10m", "25m"], rounds=3, seconds=12, messages=2_000_000, events=1_000_000),
    "quick": dict(
        posts="1m", ratings="1m", presets=["1m"], rounds=1, seconds=8, messages=500_000, events=200_000),
}
kind = sys.argv[1]
plan = PLANS[kind]
is_quick = kind == "quick"
results = Results(is_quick)
begin = time.monotonic()

for name, work in [
    ("posts", lambda: streams.posts(results, plan["posts"], plan["rounds"])),
    ("sockets and latency", lambda: streams.sockets(results, plan["rounds"], plan["seconds"])),
    ("services", lambda: streams.services(results, plan["rounds"], plan["messages"], plan["events"])),
    ("distinct tags", lambda: streams.keys(results)),
    ("recommender", lambda: recommender.fits(results, plan["ratings"], plan["rounds"], not is_quick)),
    ("cost of a rating", lambda: recommender.costs(results, plan["presets"])),
    ("SQL", lambda: recommender.queries(results, plan["ratings"], plan["rounds"])),
    ("server", lambda: recommender.server(results, plan["ratings"], plan["rounds"], plan["seconds"])),
]:
    say(f"== {name} ({(time.monotonic() - begin) / 60:.0f} min)")
    work()

with open(os.path.join(PEERS, "data", plan["ratings"], "ratings.csv")) as file:
    count = sum(1 for _ in file) - 1
values = dict(
    minutes=round((time.monotonic() - begin) / 60), quick=is_quick, machine=machine(), rows=results.rows,
    ratings=f"{count:,}", iterations=recommender.ITERATIONS, curves=results.curves)
path = os.path.join(PEERS, "quick.json") if is_quick else "Benchmarks/results.json"
with open(path, "w") as file:
    json.dump(values, file, indent=1)
    file.write("\n")
if is_quick:
    print(page.page(values))
else:
    page.write(values, "docs")
    say("wrote docs/BENCHMARKS.md")
