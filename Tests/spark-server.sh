#!/usr/bin/env bash
# Installs a real Spark (PySpark from PyPI, 490 MB; needs Java 17) and starts its Connect server on the loopback.
#   Tests/spark-server.sh start [MASTER]   prints SPARK_REMOTE for the tests; MASTER is local[2] by default
#   Tests/spark-server.sh stop
#   Tests/spark-server.sh executors        prints the pids of its executors, if they are processes of their own
#   Tests/spark-server.sh kill             kills the driver
set -euo pipefail
cd "$(dirname "$0")/.."
FOLDER="$PWD/.build-spark-server"
PORT="${SPARK_PORT:-15002}"
driver() { cat "$FOLDER"/state/pids/*.pid 2>/dev/null || true; }
end() {
  local pid
  for pid in $(driver); do
    kill "$1" "$pid" || true
    for _ in $(seq 1 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
  done
  rm -f "$FOLDER"/state/pids/*.pid
}
case "$1" in
  stop) end -TERM; exit 0 ;;
  kill) end -KILL; exit 0 ;;
  executors) for pid in $(driver); do pgrep -P "$pid" -f CoarseGrainedExecutorBackend || true; done; exit 0 ;;
esac
command -v java >/dev/null || { echo "Install Java 17: openjdk-17-jre-headless (Debian, Ubuntu)" >&2; exit 1; }
[ -e "$FOLDER/venv/bin/pip" ] || python3 -m venv "$FOLDER/venv"
"$FOLDER/venv/bin/pip" install -q 'pyspark==4.3.0' 'grpcio-tools' >&2
export SPARK_HOME
unset SPARK_REMOTE
SPARK_HOME="$("$FOLDER/venv/bin/python" -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__))')"
STATE="$FOLDER/state"
# The daemon must not hold the pipes and locks of its caller.
for fd in /proc/$$/fd/*; do fd="${fd##*/}"; if [ "$fd" -gt 2 ] && [ "$fd" != 255 ]; then eval "exec $fd>&-"; fi; done
mkdir -p "$STATE/logs" "$STATE/pids" "$STATE/warehouse"
export SPARK_LOCAL_IP=127.0.0.1 SPARK_LOG_DIR="$STATE/logs" SPARK_PID_DIR="$STATE/pids" SPARK_IDENT_STRING="c$PORT"
"$SPARK_HOME/sbin/start-connect-server.sh" --master "${2:-local[2]}" \
  --conf spark.connect.grpc.binding.address=127.0.0.1 --conf spark.connect.grpc.binding.port="$PORT" \
  --driver-memory "${SPARK_DRIVER_MEMORY:-4g}" --conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
  --conf spark.checkpoint.dir="$STATE/checkpoints" --conf spark.sql.shuffle.partitions=4 --conf spark.sql.warehouse.dir="$STATE/warehouse" </dev/null >"$STATE/logs/start.txt" 2>&1
for _ in $(seq 1 120); do
  if (: < "/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then echo "SPARK_REMOTE=sc://127.0.0.1:$PORT"; exit 0; fi
  sleep 0.5
done
echo "Spark did not start: see $STATE/logs" >&2
exit 1
