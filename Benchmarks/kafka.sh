#!/usr/bin/env bash
# Compares the classic program over a Kafka topic with librdkafka only reading the same messages, in turns. The broker is
# librdkafka's mock cluster, on the same machine. Needs librdkafka's headers (Debian's librdkafka-dev). Nothing else may
# run at the same time. MESSAGES, PARTITIONS and ROUNDS change the work.
set -euo pipefail
cd "$(dirname "$0")/.."
MESSAGES="${MESSAGES:-2000000}" PARTITIONS="${PARTITIONS:-32}" ROUNDS="${ROUNDS:-5}"
WORK=$(mktemp -d)
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --package-path Benchmarks --scratch-path .build-bench --product swiftwater-bench
BENCH=.build-bench/release/swiftwater-bench
cc -O2 -o "$WORK/kafka" Benchmarks/native/kafka.c -lrdkafka
"$WORK/kafka" brokers "$PARTITIONS" "$MESSAGES" > "$WORK/address" &
BROKER=$!
trap 'kill $BROKER 2>/dev/null || true; rm -rf "$WORK"' EXIT
until [ -s "$WORK/address" ]; do sleep 0.2; kill -0 $BROKER; done
ADDRESS=$(cat "$WORK/address")
for _ in $(seq "$ROUNDS"); do
  "$WORK/kafka" consume "$ADDRESS" "$PARTITIONS" "$MESSAGES"
  "$BENCH" kafka "$ADDRESS" "$MESSAGES"
done
