#!/usr/bin/env bash
# Counts the instructions of the hot kernels under Valgrind, and compares them with those that are recorded in
# instructions.txt. The counts do not depend on the load or the clock of the machine: the same program gives the same
# ones to about one in a thousand. They do depend on the compiler and the processor's vectors, so a record is only compared
# with the same ones.
#   Benchmarks/instructions.sh            compares; fails if a kernel needs 2 % more than is recorded
#   Benchmarks/instructions.sh record     records
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "Install valgrind to count instructions"; exit 69; }
RECORD=Benchmarks/instructions.txt
KERNELS="hashtags words evidence ratings als-10 als-64 als-implicit top"
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --package-path Benchmarks --scratch-path .build-bench --product swiftwater-kernels
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --product swiftwater
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# Valgrind 3.19 cannot read what compilers write about lines today.
strip --strip-debug -o "$WORK/kernels" .build-bench/release/swiftwater-kernels
.build/release/swiftwater generate posts --preset 100k --out "$WORK/all.txt" --json >/dev/null
.build/release/swiftwater generate posts --preset 100k --format ndjson --out "$WORK/all.ndjson" --json >/dev/null
head -n 20000 "$WORK/all.txt" >"$WORK/posts.txt"
head -n 5000 "$WORK/all.ndjson" >"$WORK/posts.ndjson"
.build/release/swiftwater generate ratings --preset 100k --out "$WORK" --json >/dev/null

# Valgrind shows programs AVX2 at most.
vectors=$(grep -qw avx2 /proc/cpuinfo 2>/dev/null && echo avx2 || uname -m)
compiler=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -1)
key="swift-$compiler $(uname -m) $vectors"

# The instructions of ROUNDS rounds of a kernel, with those of the start of the program.
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$WORK/kernels" "$1" "$WORK" "$2" 2>"$WORK/log" >/dev/null || {
    cat "$WORK/log" >&2; exit 70
  }
  sed -n 's/.*Collected : //p' "$WORK/log"
}

failed=0
[ "${1:-}" = record ] && { [ -e $RECORD ] && grep -v "^$key " $RECORD >"$WORK/record" || true; }
printf '%-14s %15s %15s %8s\n' kernel instructions recorded change
for kernel in $KERNELS; do
  # Two rounds more, without the start and what only the first round does.
  one=$(count "$kernel" 1) three=$(count "$kernel" 3)
  now=$(((three - one) / 2))
  before=$(sed -n "s/^$key $kernel //p" $RECORD 2>/dev/null || true)
  change="new"
  if [ -n "$before" ]; then
    change=$(awk -v a="$now" -v b="$before" 'BEGIN { printf "%+.2f%%", 100 * (a - b) / b }')
    if [ "${1:-}" != record ] && [ $((now * 100)) -gt $((before * 102)) ]; then failed=1; change="$change !"; fi
  fi
  printf '%-14s %15s %15s %8s\n' "$kernel" "$now" "${before:--}" "$change"
  [ "${1:-}" = record ] && echo "$key $kernel $now" >>"$WORK/record"
done
if [ "${1:-}" = record ]; then
  LC_ALL=C sort "$WORK/record" >$RECORD
elif ! grep -q "^$key " $RECORD 2>/dev/null; then
  echo "nothing is recorded for $key: Benchmarks/instructions.sh record"
fi
[ $failed = 0 ] || { echo "A kernel needs 2 % more instructions than are recorded. If that is meant, record it."; exit 1; }
