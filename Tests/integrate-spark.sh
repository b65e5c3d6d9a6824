#!/usr/bin/env bash
# Runs the tests that need a real Spark: first against one process, then against executors of their own, which the tests
# kill, and with a driver that they kill and start again. SPARK_REMOTE names a server that runs already, for the first part
# alone. With "short", a few of the tests, with what is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
FOLDER="$PWD/.build-spark-server"
# One after the other: tests that wait for programs would hold the threads that others need.
run() { swift test --no-parallel -c release --skip-build --filter "$1"; }
[ "${1:-}" = short ] || SWIFT_DETERMINISTIC_HASHING=1 swift build -c release --build-tests
if [ -n "${SPARK_REMOTE:-}" ]; then
  run "RealSpark|SparkProtocolTests"
  exit 0
fi
export SPARK_PYTHON="$FOLDER/venv/bin/python"
trap 'Tests/spark-server.sh stop' EXIT
eval "export $(Tests/spark-server.sh start)"
if [ "${1:-}" = short ]; then
  run "valuesOfAllTypesComeBack|trainingAgreesWithOurs|otherFilesFollowTheTraining|archivesGiveTheSameTables|SparkProtocolTests"
  exit 0
fi
run "RealSpark|SparkProtocolTests"
Tests/spark-server.sh stop
eval "export $(Tests/spark-server.sh start 'local-cluster[2,1,1024]')"
SPARK_KILLS=1 run "RealSparkKillTests"
