#!/usr/bin/env bash
# Fuzzes the readers of ratings, models, posts, tables of posts, live events and services' answers: a million inputs or
# ten minutes of processor time each, whichever comes first (CONTRIBUTING.md).
#   Fuzz/run.sh [FuzzRatings|FuzzModel|FuzzPosts|FuzzXML|FuzzEvents|FuzzTables] [libFuzzer options]
# Copy crashing inputs to Fuzz/Corpora/NAME/ by hand; the tests replay them.
set -euo pipefail
cd "$(dirname "$0")/.."
export SWIFTWATER_FUZZ=1
targets=(FuzzRatings FuzzModel FuzzPosts FuzzXML FuzzEvents FuzzTables)
if [ $# -gt 0 ]; then targets=("$1"); shift; fi
for target in "${targets[@]}"; do
  SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --scratch-path .build-fuzz --product "$target" -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld \
    -Xlinker -lstdc++
  corpus=Fuzz/Corpora/$(echo "${target#Fuzz}" | tr '[:upper:]' '[:lower:]')
  found=.build-fuzz/found-$target
  mkdir -p "$found"
  SWIFT_BACKTRACE=enable=no .build-fuzz/release/"$target" "$found" "$corpus" -runs=1000000 -max_total_time=600 -max_len=4096 \
    -rss_limit_mb=4096 -timeout=20 -artifact_prefix="$found-crash-" -print_final_stats=1 "$@"
done
