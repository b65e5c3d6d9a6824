#!/usr/bin/env bash
# serve.sh [PRESET]: measures the server under load: recommendations per second, with wrk on one thread and a different
# user in every request, and the time until the next answer reflects a rating, compared with the
# disk's own fsync. Nothing else may run at the same time. Needs wrk (Debian).
set -euo pipefail
cd "$(dirname "$0")/.."
. Benchmarks/peers.sh
PRESET="${1:-25m}"
DATA="$PEERS_DIR/data/$PRESET"
MODEL="$PEERS_DIR/$PRESET.model"
command -v wrk > /dev/null || { echo "Install wrk (Debian: apt-get install wrk)"; exit 1; }
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --product swiftwater
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --package-path Benchmarks --scratch-path .build-bench --product swiftwater-bench-serve
[ -e "$DATA/ratings.csv" ] || .build/release/swiftwater generate ratings --preset "$PRESET" --out "$DATA"
[ -e "$MODEL" ] || .build/release/swiftwater train --train "$DATA/ratings.csv" --out "$MODEL"
STATE=$(mktemp -d)
.build/release/swiftwater serve --model "$MODEL" --movies "$DATA/movies.csv" --port 17798 --state "$STATE/state" 2> /dev/null &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; wait $SERVER 2>/dev/null; rm -rf "$STATE"' EXIT
for _ in $(seq 100); do curl -sf http://127.0.0.1:17798/readyz > /dev/null && break; sleep 0.2; done
# The users of a generated set have the numbers from 1 on.
USERS=$(awk -F, 'NR > 1 && $1 > most { most = $1 } END { print most }' "$DATA/ratings.csv")
{ echo "local USERS = $USERS"; cat <<'LUA'; } > "$STATE/users.lua"
local n = 0
request = function()
  n = n + 7919
  return wrk.format("GET", "/v1/users/" .. (1 + n % USERS) .. "/recommendations?n=10")
end
LUA
echo "== Top 10, rank 10, seen films left out, ${SECONDS_EACH:-30} s, one thread of load"
wrk -t1 -c32 -d"${SECONDS_EACH:-30}s" --latency -s "$STATE/users.lua" http://127.0.0.1:17798 | grep -E "50%|99%|Requests/sec|Non-2xx|Socket"
echo "== A rating until the next answer follows it, and fsync alone"
.build-bench/release/swiftwater-bench-serve 17798 "$STATE"
grep -E "VmHWM" /proc/$SERVER/status
