#!/usr/bin/env bash
# Compares queries over 25 million ratings with DuckDB, reading the file included, one after the
# other in one run. ROUNDS is the number of runs of each; the fastest counts. Nothing else may run at
# the same time.
set -euo pipefail
cd "$(dirname "$0")/.."
. Benchmarks/peers.sh
DATA="$PEERS_DIR/data/25m"
[ -e "$DATA/ratings.csv" ] || "$PYTHON" Benchmarks/als/gen_ratings.py --preset 25m --seed 7 --out "$DATA"
"$PEERS_DIR/venv/bin/pip" install -q duckdb
cat "$DATA/ratings.csv" > /dev/null
"$PYTHON" Benchmarks/sql/queries.py .build/release/swiftwater "$DATA" "${ROUNDS:-3}"
