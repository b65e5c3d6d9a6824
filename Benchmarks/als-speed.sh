#!/usr/bin/env bash
# als-speed.sh [PRESET]: compares the recommender with Spark, cmfrec, implicit, Polars, and a bare
# sgemm on the 25m set (or 1m, 10m), two threads each, one after the other in one run. Takes about
# 15 minutes and 4 GB for 25m. SPARK_RECOMMENDS=1 also times Spark's top 10 for all users and items.
set -euo pipefail
cd "$(dirname "$0")/.."
. Benchmarks/peers.sh
PRESET="${1:-25m}"
RATINGS="$PEERS_DIR/data/$PRESET/ratings.csv"
SPLIT="$PEERS_DIR/data/split-$PRESET"
BENCH=.build-bench/release/swiftwater-bench-recommender

SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --package-path Benchmarks --scratch-path .build-bench --product swiftwater-bench-recommender
[ -e "$RATINGS" ] || "$PYTHON" Benchmarks/als/gen_ratings.py --preset "$PRESET" --seed 7 --out "$PEERS_DIR/data/$PRESET"

echo "== Spark: load, split, fit with rank 10 and 5 iterations, evaluate"
"$PYTHON" Benchmarks/als/spark_als.py "$PRESET" 10 --save-split ${SPARK_RECOMMENDS:+--recommend} 2>/dev/null | grep '"peer"'
"$PYTHON" -c "import pandas
for name in ('train', 'test'): pandas.read_parquet('$SPLIT/' + name).to_csv('$SPLIT/' + name + '.csv', index=False)"

echo "== Reading the CSV file"
"$BENCH" read "$RATINGS"
POLARS_MAX_THREADS=2 "$PYTHON" -c "import polars, time
schema = {'userId': polars.Int32, 'movieId': polars.Int32, 'rating': polars.Float32, 'timestamp': polars.Int64}
times = []
for _ in range(5):
    begin = time.perf_counter(); polars.read_csv('$RATINGS', schema=schema); times.append(time.perf_counter() - begin)
print('polars: median', sorted(times)[2], 's of', times)"

echo "== The whole case study: load, split 60/20/20, fit, RMSE on validation and test"
"$BENCH" study "$RATINGS"

echo "== Fits, 5 iterations, the index included"
for what in "10 5" "64 5" "10 5 biases" "10 10 biases" "64 5 biases" "64 5 implicit"; do
  "$BENCH" fit "$SPLIT/train.csv" "$SPLIT/test.csv" $what
done
"$PYTHON" -W ignore Benchmarks/als/peers.py "$PRESET" cmfrec,cmfrec64,implicit --reps 3 |
  "$PYTHON" -c 'import json, sys
for row in map(json.loads, sys.stdin):
    if "solver" in row: print(row["peer"], "rank", row["k"], row["solver"], "biases" if row.get("biases") else "", ":", row["s"], "s of", row["runs"], "RMSE", row.get("test_rmse"))'

echo "== Top 10 for all"
"$BENCH" top "$SPLIT/train.csv" 10
USERS=$(tail -n +2 "$SPLIT/train.csv" | cut -d, -f1 | sort -un | wc -l)
ITEMS=$(tail -n +2 "$SPLIT/train.csv" | cut -d, -f2 | sort -un | wc -l)
"$PYTHON" Benchmarks/als/gemm_top.py "$USERS" "$ITEMS" 10

echo "== Cost against ratings and rank"
for preset in 1m 10m "$PRESET"; do
  [ -e "$PEERS_DIR/data/$preset/ratings.csv" ] || "$PYTHON" Benchmarks/als/gen_ratings.py --preset "$preset" --seed 7 --out "$PEERS_DIR/data/$preset"
  for rank in 8 16 32 64 128; do "$BENCH" cost "$PEERS_DIR/data/$preset/ratings.csv" "$rank"; done
done
