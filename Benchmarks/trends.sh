#!/usr/bin/env bash
# Compares the built-in trend counter over files with a C program, Polars, and DuckDB, one after the
# other in one run. Nothing else may run at the same time.
set -euo pipefail
cd "$(dirname "$0")/.."
. Benchmarks/peers.sh
BENCH=.build-bench/release/swiftwater-bench
DATA="$PEERS_DIR/posts-5m"
"$PEERS_DIR/venv/bin/pip" install -q duckdb

SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --package-path Benchmarks --scratch-path .build-bench --product swiftwater-bench
[ -e "$DATA/json/part-07.ndjson" ] || "$PYTHON" Benchmarks/gen_tweets.py 5000000 "$DATA"
cc -O3 -march=native -pthread -o "$PEERS_DIR/hashcount" Benchmarks/native/hashcount.c

echo "== Text, 5M posts (683 MB), the full sorted table"
cat "$DATA"/text/* > /dev/null
"$PEERS_DIR/hashcount" 2 "$DATA"/text/* 2>&1 >/dev/null
"$BENCH" trends "$DATA/text" words
"$BENCH" trends "$DATA/text" hashtags
"$PEERS_DIR/hashcount" 2 "$DATA"/text/* 2>&1 >/dev/null

echo "== NDJSON of Twitter's shape, 5M posts (2.9 GB)"
cat "$DATA"/json/* > /dev/null
"$BENCH" posts "$DATA/json" counts
"$BENCH" posts "$DATA/json" words
for engine in polars duckdb; do "$PYTHON" Benchmarks/posts_sql.py $engine "$DATA/json"; done
echo "== The same by slides of 100 s: counts only, with authors and bursts, and with samples and deletions as well"
"$BENCH" posts "$DATA/json" counts slides
"$BENCH" posts "$DATA/json" authors
"$BENCH" posts "$DATA/json" all
echo "== Cost of a key: 4M posts of ever more distinct keys"
"$BENCH" keys
echo "== Aggregates by key, against closures"
"$BENCH" aggregates
