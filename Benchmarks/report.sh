#!/usr/bin/env bash
# report.sh full|quick: measures Swiftwater and its peers in one run. `full` writes docs/BENCHMARKS.md and its plots from
# it; `quick` prints the tables. Prepares programs and data first. Nothing else may run at the same time.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in cc java wrk curl taskset; do
  command -v "$tool" > /dev/null || { echo "Install $tool first (Debian: gcc, openjdk-17-jre-headless, wrk, curl, util-linux)"; exit 69; }
done
echo '#include <librdkafka/rdkafka.h>' | cc -E - > /dev/null 2>&1 || { echo "Install librdkafka's headers first (Debian: librdkafka-dev)"; exit 69; }
. Benchmarks/peers.sh
"$PEERS_DIR/venv/bin/pip" install -q duckdb
case "$1" in
  full) POSTS=5m COUNT=5000000 PRESETS="1m 10m 25m" ;;
  quick) POSTS=1m COUNT=1000000 PRESETS="1m" ;;
  *) echo "usage: Benchmarks/report.sh full|quick"; exit 64 ;;
esac
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --product swiftwater
for product in swiftwater-bench swiftwater-bench-recommender swiftwater-bench-serve; do
  SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --package-path Benchmarks --scratch-path .build-bench --product "$product"
done
DATA="$PEERS_DIR/posts-$POSTS"
[ -e "$DATA/json/part-07.ndjson" ] || "$PYTHON" Benchmarks/gen_tweets.py "$COUNT" "$DATA"
[ -e "$PEERS_DIR/posts.txt" ] || cat "$DATA"/text/part-0[01].txt > "$PEERS_DIR/posts.txt"
for preset in $PRESETS; do
  [ -e "$PEERS_DIR/data/$preset/ratings.csv" ] ||
    "$PYTHON" Benchmarks/als/gen_ratings.py --preset "$preset" --seed 7 --out "$PEERS_DIR/data/$preset"
done
cc -O2 -o "$PEERS_DIR/feeder" Benchmarks/native/feeder.c
cc -O3 -march=native -pthread -o "$PEERS_DIR/hashcount" Benchmarks/native/hashcount.c
"$PYTHON" Benchmarks/report/main.py "$1"
