#!/usr/bin/env bash
# Installs a real Spark (PySpark from PyPI, 490 MB; needs Java 17) and starts its Connect server on the loopback.
#   Tests/spark-server.sh start [MASTER]   prints SPARK_REMOTE for the tests; MASTER is local[2] by default
#   Tests/spark-server.sh stop
set -euo pipefail
cd "$(dirname "$0")/.."
FOLDER="$PWD/.build-spark-server"
PORT="${SPARK_PORT:-15002}"
if [ "$1" = stop ]; then
  for file in "$FOLDER"/state/pids/*.pid; do [ -e "$file" ] && kill "$(cat "$file")" && rm "$file"; done
  exit 0
fi
command -v java >/dev/null || { echo "Install Java 17: openjdk-17-jre-headless (Debian, Ubuntu)" >&2; exit 1; }
[ -e "$FOLDER/venv/bin/pip" ] || python3 -m venv "$FOLDER/venv"
"$FOLDER/venv/bin/pip" install -q 'pyspark==4.3.0' >&2
export SPARK_HOME
SPARK_HOME="$("$FOLDER/venv/bin/python" -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__))')"
STATE="$FOLDER/state"
mkdir -p "$STATE/logs" "$STATE/pids" "$STATE/warehouse"
export SPARK_LOCAL_IP=127.0.0.1 SPARK_LOG_DIR="$STATE/logs" SPARK_PID_DIR="$STATE/pids" SPARK_IDENT_STRING="c$PORT"
"$SPARK_HOME/sbin/start-connect-server.sh" --master "${2:-local[2]}" \
  --conf spark.connect.grpc.binding.address=127.0.0.1 --conf spark.connect.grpc.binding.port="$PORT" \
  --driver-memory 4g --conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
  --conf spark.sql.shuffle.partitions=4 --conf spark.sql.warehouse.dir="$STATE/warehouse" </dev/null >&2
for _ in $(seq 1 120); do
  if (: < "/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then echo "SPARK_REMOTE=sc://127.0.0.1:$PORT"; exit 0; fi
  sleep 0.5
done
echo "Spark did not start: see $STATE/logs" >&2
exit 1
