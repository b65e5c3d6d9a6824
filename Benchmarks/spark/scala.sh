#!/usr/bin/env bash
# Runs PROGRAM.scala of this folder with Spark's own jars from PyPI, as this process; compiles it first if it changed.
#
#   scala.sh PROGRAM ARGUMENT...     HEAP: the memory of the virtual machine, 8g by default
set -euo pipefail
cd "$(dirname "$0")/../.."
. Benchmarks/peers.sh
PROGRAM="$1"
shift
JARS=$("$PYTHON" -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__) + "/jars")')
CLASSES="$PEERS_DIR/classes"
if [ ! -e "$CLASSES/$PROGRAM.class" ] || [ "Benchmarks/spark/$PROGRAM.scala" -nt "$CLASSES/$PROGRAM.class" ]; then
  mkdir -p "$CLASSES"
  java -cp "$JARS/*" scala.tools.nsc.Main -usejavacp -nowarn -d "$CLASSES" "Benchmarks/spark/$PROGRAM.scala"
fi
OPENS=$(for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent \
  java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar jdk.internal.ref; do
  echo "--add-opens=java.base/$package=ALL-UNNAMED"
done)
export SPARK_LOCAL_IP=127.0.0.1
exec java $OPENS "-Xmx${HEAP:-8g}" -Dlog4j2.level=ERROR -cp "$CLASSES:$JARS/*" "$PROGRAM" "$@"
