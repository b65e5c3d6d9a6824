#!/usr/bin/env bash
# Runs SparkStreams.scala with Spark's own jars from PyPI; compiles it first if it changed. See that file for arguments.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Benchmarks/peers.sh
JARS=$("$PYTHON" -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__) + "/jars")')
CLASSES="$PEERS_DIR/classes"
if [ ! -e "$CLASSES/SparkStreams.class" ] || [ Benchmarks/spark/SparkStreams.scala -nt "$CLASSES/SparkStreams.class" ]; then
  mkdir -p "$CLASSES"
  java -cp "$JARS/*" scala.tools.nsc.Main -usejavacp -nowarn -d "$CLASSES" Benchmarks/spark/SparkStreams.scala
fi
OPENS=$(for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent \
  java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar jdk.internal.ref; do
  echo "--add-opens=java.base/$package=ALL-UNNAMED"
done)
SPARK_LOCAL_IP=127.0.0.1 java $OPENS -Xmx8g -Dlog4j2.level=ERROR -cp "$CLASSES:$JARS/*" SparkStreams "$@" 2>/dev/null |
  grep '^spark'
