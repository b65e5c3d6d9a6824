#!/usr/bin/env bash
# Compares `swiftwater train --master` with the same job in PySpark over Spark Connect, in turn on the same server, and
# times the fetch of a large model's factors.
#   Benchmarks/spark.sh [ROUNDS]      SPARK_DRIVER_MEMORY is 10g by default, for the 25 million ratings
set -euo pipefail
cd "$(dirname "$0")/.."
ROUNDS="${1:-3}"
DATA="$PWD/.build-peers/spark"
SWIFTWATER=.build/release/swiftwater
export SPARK_DRIVER_MEMORY="${SPARK_DRIVER_MEMORY:-10g}"
for size in 1m 25m; do
  [ -e "$DATA/$size/ratings.csv" ] || "$SWIFTWATER" generate ratings --preset "$size" --seed 1 --out "$DATA/$size"
done
eval "export $(Tests/spark-server.sh start)"
trap 'Tests/spark-server.sh stop' EXIT
PYTHON="$PWD/.build-spark-server/venv/bin/python"
"$PYTHON" -m pip install -q 'pyspark[connect]==4.3.0'
seconds() { local begin; begin=$(date +%s.%N); "$@" >"$DATA/last.txt" 2>&1 || { cat "$DATA/last.txt"; exit 1; }
  echo "$(date +%s.%N) $begin" | awk '{ printf "%.2f", $1 - $2 }'; }
ours() { seconds "$SWIFTWATER" train "$DATA/1m/ratings.csv" --master "$SPARK_REMOTE"; }
here() { seconds "$SWIFTWATER" train "$DATA/1m/ratings.csv"; }
theirs() { seconds "$PYTHON" Benchmarks/spark/train.py "$SPARK_REMOTE" "$DATA/1m/ratings.csv"; }
echo "1m ratings, local[2], wall time of the whole command; the first round warms Spark up:"
for round in $(seq 0 "$ROUNDS"); do echo "round $round: here $(here) s, swiftwater on Spark $(ours) s, PySpark $(theirs) s"; done
echo "25m ratings, one iteration:"
"$SWIFTWATER" train "$DATA/25m/ratings.csv" --split 100 --max-iterations 1 --master "$SPARK_REMOTE" --out "$DATA/25m.model" \
  | grep -v "not saved"
