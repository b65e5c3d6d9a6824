#!/usr/bin/env bash
# Compares ALS in Swiftwater, Spark, and cmfrec on the peers' 1m set, on the same split, in one run.
set -euo pipefail
cd "$(dirname "$0")/.."
. Benchmarks/peers.sh
SPLIT="$PEERS_DIR/data/split-1m"
[ -e "$PEERS_DIR/data/1m/ratings.csv" ] || "$PYTHON" Benchmarks/als/gen_ratings.py --preset 1m --seed 7 --out "$PEERS_DIR/data/1m"

echo "== Spark: split, and RMSE on test after 1, 3, 5, 7 iterations"
"$PYTHON" Benchmarks/als/spark_als.py 1m 10 --save-split --iters 1,3,5,7 2>/dev/null |
  "$PYTHON" -c 'import json, sys
for line in sys.stdin:
    row = json.loads(line[line.index("{"):]) if "{" in line else {}
    if row.get("stage") == "fit": print(row["maxIter"], "iterations: RMSE", row["test_rmse"], " fit", row["s"], "s")'
"$PYTHON" -c "import pandas
for name in ('train', 'val', 'test'): pandas.read_parquet('$SPLIT/' + name).to_csv('$SPLIT/' + name + '.csv', index=False)"

echo "== Swiftwater: the same rows, rank 10, regularization 0.1, RMSE on test after 1, 3, 5, 7 iterations"
tuned() {
  .build/release/swiftwater tune --train "$SPLIT/train.csv" --validation "$SPLIT/test.csv" --json "$@" 2>/dev/null | tail -1
}
{
  for seed in 42 1 2; do tuned --seed $seed; done
  tuned --seed 42 --biases
} | "$PYTHON" -c 'import json, sys
*plain, biases = [[point["rmse"] for point in json.loads(line)["curve"]] for line in sys.stdin]
means = [sum(values) / len(plain) for values in zip(*plain)]
for name, values in [*zip(("seed 42", "seed 1", "seed 2"), plain), ("mean of 3 seeds", means), ("biases, seed 42", biases)]:
    print(f"{name}:", *(f"{value:.4f}" for value in values))'
.build/release/swiftwater train --train "$SPLIT/train.csv" --max-iterations 5 | tail -1

echo "== cmfrec: 5 iterations, median of 3 fits"
"$PYTHON" -W ignore Benchmarks/als/peers.py 1m cmfrec --reps 3 |
  "$PYTHON" -c 'import json, sys
for row in map(json.loads, sys.stdin):
    if row.get("peer") == "cmfrec": print(row["solver"], "biases" if row["biases"] else "no bias", ": RMSE", row["test_rmse"], " fit", row["s"], "s")'

echo "== The comparison as a test"
SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --build-tests >/dev/null
SWIFTWATER_PEER_SPLIT="$SPLIT" swift test -c release --skip-build --filter noWorseThanSparkAndCmfrec
