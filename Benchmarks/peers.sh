# Sourced by the benchmarks. Sets PEERS_DIR and prepares a Python environment with the peers.
export PEERS_DIR="${PEERS_DIR:-$PWD/.build-peers}"
mkdir -p "$PEERS_DIR/data"
PYTHON="$PEERS_DIR/venv/bin/python"
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
if [ ! -x "$PYTHON" ]; then
  python3 -m venv "$PEERS_DIR/venv"
  "$PEERS_DIR/venv/bin/pip" install -q pyspark==4.3.0 numpy scipy pandas pyarrow polars cmfrec implicit threadpoolctl
fi
