#!/usr/bin/env bash
# Reads a large file of ratings from a real S3 service (Ceph's RGW, see Tests/store-services.sh), in turn with 8 parallel
# range reads of curl from the same service, and compares the memory with that of reading the file from the disk.
#
#   Benchmarks/stores.sh [PRESET]   25m by default (686 MB)
set -euo pipefail
cd "$(dirname "$0")/.."
PRESET="${1:-25m}"
FOLDER="${SWIFTWATER_STORES:-$PWD/.build-stores}"
mkdir -p "$FOLDER"
SWIFTWATER="$PWD/.build/release/swiftwater"
if [ -z "${AWS_ENDPOINT_URL:-}" ]; then
  trap 'Tests/store-services.sh stop "$FOLDER"' EXIT
  eval "$(Tests/store-services.sh start "$FOLDER" rgw)"
  : "${AWS_ENDPOINT_URL:?the store did not start: see $FOLDER/rgw/start.log and $FOLDER/rgw/log}"
fi
BUCKET=swiftwater-bench
URL="s3a://$BUCKET/$PRESET/ratings.csv"
LOCAL="$FOLDER/bench-$PRESET"
signed() { python3 Benchmarks/presign.py "$1" "/$BUCKET${2:-}"; }
curl -sf -o /dev/null -X PUT "$(signed PUT)" || true
[ -f "$LOCAL/ratings.csv" ] || "$SWIFTWATER" generate ratings --preset "$PRESET" --out "$LOCAL" > /dev/null
curl -sf -o /dev/null -T "$LOCAL/ratings.csv" "$(signed PUT "/$PRESET/ratings.csv")"
BYTES="$(stat -L -c %s "$LOCAL/ratings.csv")"

# Eight ranges at a time, until all of the file is there.
by_curl() {
  local url part=$((8 << 20)) start
  url="$(signed GET "/$PRESET/ratings.csv")"
  for ((start = 0; start < BYTES; start += part)); do echo "$start-$((start + part - 1))"; done |
    xargs -P 8 -I{} curl -sf -o /dev/null -r {} "$url"
}

# Long-lived connections, as a browser or a program would use them: eight curls, each with every eighth range.
by_curl_kept() {
  local url part=$((8 << 20)) start worker
  url="$(signed GET "/$PRESET/ratings.csv")"
  for worker in 0 1 2 3 4 5 6 7; do
    {
      for ((start = worker * part; start < BYTES; start += 8 * part)); do
        printf 'url = "%s"\nrange = %s\noutput = /dev/null\n' "$url" "$start-$((start + part - 1))"
      done
    } > "$FOLDER/curl-$worker"
    curl -sf -K "$FOLDER/curl-$worker" &
  done
  wait
}

seconds() { local begin end; begin="$(date +%s.%N)"; "$@"; end="$(date +%s.%N)"; python3 -c "print(f'{$end - $begin:.2f}')"; }
peak() { python3 - "$@" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
PY
}
# All of the object, into memory; then it turns out not to be a model.
only_read() { "$SWIFTWATER" recommend --model "$URL" --user 1 > /dev/null 2>&1 || [ $? = 65 ]; }
read_store() { "$SWIFTWATER" ratings summary "$URL" > /dev/null; }
read_local() { "$SWIFTWATER" ratings summary "$LOCAL/ratings.csv" > /dev/null; }

echo "$BYTES bytes, seconds:"
for round in 1 2 3; do
  echo "round $round: curl $(seconds by_curl), curl with kept connections $(seconds by_curl_kept)," \
    "swiftwater reads $(seconds only_read), reads and parses $(seconds read_store), from the disk $(seconds read_local)"
done
echo "peak in MB: from the store $(peak "$SWIFTWATER" ratings summary "$URL")," \
  "from the disk $(peak "$SWIFTWATER" ratings summary "$LOCAL/ratings.csv")"
