#!/usr/bin/env bash
# Compares the classic program over files and a socket in Swiftwater, Spark's DStream, and C, one
# after the other in one run. SOCKET_RATES (posts per second) and SECONDS_EACH change the loads.
# Nothing else may run at the same time.
set -euo pipefail
cd "$(dirname "$0")/.."
. Benchmarks/peers.sh
BENCH=.build-bench/release/swiftwater-bench
DATA="$PEERS_DIR/posts-5m"
POSTS="$PEERS_DIR/posts.txt"
SECONDS_EACH="${SECONDS_EACH:-12}"

SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --package-path Benchmarks --scratch-path .build-bench --product swiftwater-bench
[ -e "$DATA/text" ] || "$PYTHON" Benchmarks/gen_tweets.py 5000000 "$DATA" --no-json
[ -e "$POSTS" ] || cat "$DATA"/text/part-0[01].txt > "$POSTS"
cc -O2 -o "$PEERS_DIR/feeder" Benchmarks/native/feeder.c
cc -O3 -march=native -pthread -o "$PEERS_DIR/hashcount" Benchmarks/native/hashcount.c

spark() { Benchmarks/spark/streams.sh "$@"; }
# feed RATE:SECONDS,... [--mark]: runs the feeder in the background until `fed`.
feed() {
  "$PEERS_DIR/feeder" 15990 "$POSTS" "$1" ${2:-} > "$PEERS_DIR/fed.txt" &
  FEEDER=$!
  sleep 0.5
}
fed() {
  kill "$FEEDER" 2>/dev/null || true
  wait "$FEEDER" 2>/dev/null || true
  cat "$PEERS_DIR/fed.txt"
}

echo "== Files, 5M posts (683 MB), the full sorted table"
cat "$DATA"/text/* > /dev/null
"$PEERS_DIR/hashcount" 2 "$DATA"/text/* 2>&1 >/dev/null
"$BENCH" files "$DATA/text"
spark files "$DATA/text" "$PEERS_DIR/stage" 4
"$PEERS_DIR/hashcount" 2 "$DATA"/text/* 2>&1 >/dev/null

for rate in ${SOCKET_RATES:-1200000 0}; do
  for log in "" log; do
    echo "== Socket, 1 s batches, $rate posts/s (0: all that is taken)${log:+, log on}"
    rm -rf "$PEERS_DIR/log"
    feed "$rate:$SECONDS_EACH"
    "$BENCH" "socket$log" 15990 ${log:+"$PEERS_DIR/log"} "$SECONDS_EACH"
    fed
  done
done
echo "== Spark's DStream, 1 s batches, rising to 500,000 posts/s, local[3]"
feed 50000:8,100000:8,200000:10,300000:10,400000:10,500000:10
MASTER='local[3]' spark socket 15990 60 | tail -45
fed

echo "== Latency at 10,000 posts/s"
for interval in 1 10; do
  feed 10000:22 --mark
  echo "$interval ms batches: $("$BENCH" latency 15990 $interval 2>/dev/null)"
  fed
done
feed 10000:40 --mark
echo "100 ms batches: $(MASTER='local[3]' spark latency 15990 100 35)"
fed

echo "== Cost of a batch, and of a window"
"$BENCH" empty
"$BENCH" window
"$BENCH" distinct
