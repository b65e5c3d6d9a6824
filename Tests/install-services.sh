#!/usr/bin/env bash
# Installs the servers and client libraries of the tests of databases if Debian packages can be installed. Without them,
# their tests report that and are skipped.
set -uo pipefail
have() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ldconfig -p | grep -q "libpq.so.5" \
  && ldconfig -p | grep -q "librdkafka.so.1" && command -v kcat >/dev/null; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # The tests start servers of their own, so none is made beside them.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends postgresql libpq5 librdkafka1 kcat || true
else
  echo "Not installed: postgresql, libpq5, librdkafka1, kcat (Debian's names)"
fi
