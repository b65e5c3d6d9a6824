#!/usr/bin/env bash
# Starts and stops real stores on loopback, each if what it needs is there.
#
#   Tests/store-services.sh start FOLDER [rgw]   prints what the tests read, as assignments to export
#   Tests/store-services.sh stop FOLDER
#   Tests/store-services.sh kill-node|start-node FOLDER name|data   ends a node of HDFS with SIGKILL, or starts it again
set -euo pipefail
FOLDER="$(realpath "$2")"
HDFS_STATE="$FOLDER/hdfs"
RGW_STATE="$FOLDER/rgw"

say() { echo "store-services: $*" >&2; }

start_nanio() {
  [ -x "$FOLDER/venv/bin/nanio" ] || { python3 -m venv "$FOLDER/venv" && "$FOLDER/venv/bin/pip" install -q nanio==0.1.7; } >&2
  mkdir -p "$FOLDER/nanio"
  NANIO_ACCESS_KEY=AKIATEST NANIO_SECRET_KEY=secretsecret setsid "$FOLDER/venv/bin/nanio" serve --data-dir "$FOLDER/nanio" \
    --host 127.0.0.1 --port 15001 > "$FOLDER/nanio.log" 2>&1 < /dev/null &
  echo $! > "$FOLDER/nanio.pid"
  for _ in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:15001/ && break; sleep 0.1; done
  echo 'export SWIFTWATER_TEST_S3_SIMPLE="http://127.0.0.1:15001 AKIATEST secretsecret"'
}

policy() { echo "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",$1}]}"; }

# Starts a gateway at a port. One with a token service says AccessDenied also of keys that it does not know.
start_gateway() {
  local name="$1" port="$2"
  shift 2
  setsid radosgw -c "$RGW_STATE/ceph.conf" -n client.admin --rgw-frontends="beast endpoint=127.0.0.1:$port" "$@" -f \
    > "$RGW_STATE/$name.out" 2>&1 < /dev/null &
  echo $! > "$RGW_STATE/$name.pid"
  for _ in $(seq 240); do curl -s -o /dev/null -m 1 "http://127.0.0.1:$port/" && break; sleep 0.25; done
}

# One monitor, one OSD in memory, and two gateways, one of them with a token service.
start_rgw() {
  command -v radosgw ceph-mon ceph-osd ceph > /dev/null || { say "no Ceph: install radosgw ceph-mon ceph-osd ceph-common"; return; }
  rm -rf "$RGW_STATE" && mkdir -p "$RGW_STATE"/{mon,osd,run,log}
  local id osd conf="$RGW_STATE/ceph.conf"
  id="$(cat /proc/sys/kernel/random/uuid)"
  osd="$(cat /proc/sys/kernel/random/uuid)"
  cat > "$conf" <<CONF
[global]
fsid = $id
mon host = [v2:127.0.0.1:13300,v1:127.0.0.1:16789]
public network = 127.0.0.0/8
ms bind ipv4 = true
ms bind ipv6 = false
rgw sts key = swiftwater-tests
rgw sts min session duration = 2
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
mon allow pool size one = true
run dir = $RGW_STATE/run
admin socket = $RGW_STATE/run/\$cluster-\$name.\$pid.asok
log file = $RGW_STATE/log/\$name.log
keyring = $RGW_STATE/keyring
mon data = $RGW_STATE/mon
osd data = $RGW_STATE/osd
CONF
  {
    monmaptool --create --fsid "$id" --addv a '[v2:127.0.0.1:13300,v1:127.0.0.1:16789]' "$RGW_STATE/monmap"
    ceph-authtool "$RGW_STATE/keyring" --create-keyring --gen-key -n mon. --cap mon 'allow *'
    ceph-authtool "$RGW_STATE/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
    ceph-authtool "$RGW_STATE/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
    ceph-mon -c "$conf" --mkfs -i a --monmap "$RGW_STATE/monmap" --keyring "$RGW_STATE/keyring"
    setsid ceph-mon -c "$conf" -f -i a > "$RGW_STATE/mon.out" 2>&1 < /dev/null &
    echo $! > "$RGW_STATE/mon.pid"
    timeout 30 ceph -c "$conf" osd new "$osd"
    ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$osd"
    setsid ceph-osd -c "$conf" -f -i 0 > "$RGW_STATE/osd.out" 2>&1 < /dev/null &
    echo $! > "$RGW_STATE/osd.pid"
    start_gateway rgw 17480
    start_gateway rgw-sts 17481 --rgw-s3-auth-use-sts=true
    timeout 30 radosgw-admin -c "$conf" -n client.admin user create --uid=test --display-name=test \
      --access-key=AKTEST --secret-key=SKTEST
    radosgw-admin -c "$conf" -n client.admin role create --role-name=tests --path=/ --assume-role-policy-doc="$(
      policy '"Principal":{"AWS":["arn:aws:iam:::user/test"]},"Action":["sts:AssumeRole"]')"
    radosgw-admin -c "$conf" -n client.admin role-policy put --role-name=tests --policy-name=all --policy-doc="$(
      policy '"Action":["s3:*"],"Resource":"arn:aws:s3:::*"')"
    curl -sf --aws-sigv4 aws:amz:us-east-1:s3 -u AKTEST:SKTEST -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
      -X PUT http://127.0.0.1:17480/swiftwater-tests
  } > "$RGW_STATE/start.log" 2>&1
  cat <<'OUT'
export SWIFTWATER_TEST_S3="http://127.0.0.1:17480 AKTEST SKTEST"
export SWIFTWATER_TEST_S3_SESSIONS="http://127.0.0.1:17481 AKTEST SKTEST" SWIFTWATER_TEST_S3_ROLE=arn:aws:iam:::role/tests
export AWS_ENDPOINT_URL=http://127.0.0.1:17480 AWS_ACCESS_KEY_ID=AKTEST AWS_SECRET_ACCESS_KEY=SKTEST AWS_REGION=us-east-1
export SWIFTWATER_TEST_STORES="${SWIFTWATER_TEST_STORES:-} s3a://swiftwater-tests/kills"
OUT
}

start_hdfs() {
  local jars="$FOLDER/pyspark-2.4.8/deps/jars" version module
  [ -f /usr/share/java/jersey1-server.jar ] || { say "no HDFS: install libjersey1-{core,server,servlet,json}-java"; return; }
  if [ ! -d "$jars" ]; then
    {
      python3 -m venv "$FOLDER/hdfs-venv"
      "$FOLDER/hdfs-venv/bin/pip" install -q 'setuptools<70' wheel 'pypandoc<1.8'
      (cd "$FOLDER" && hdfs-venv/bin/pip download -q --no-deps --no-build-isolation pyspark==2.4.8 &&
        tar xzf pyspark-2.4.8.tar.gz --wildcards '*/deps/jars/*' && rm pyspark-2.4.8.tar.gz)
    } >&2
  fi
  mkdir -p "$HDFS_STATE"/{conf,nn,dn}
  property() { printf '<property><name>%s</name><value>%s</value></property>\n' "$1" "$2"; }
  {
    echo '<configuration>'
    property fs.defaultFS hdfs://127.0.0.1:18020
    property hadoop.tmp.dir "$HDFS_STATE/tmp"
    echo '</configuration>'
  } > "$HDFS_STATE/conf/core-site.xml"
  {
    echo '<configuration>'
    property dfs.replication 1
    property dfs.namenode.name.dir "file://$HDFS_STATE/nn"
    property dfs.datanode.data.dir "file://$HDFS_STATE/dn"
    property dfs.namenode.rpc-address 127.0.0.1:18020
    property dfs.namenode.http-address 127.0.0.1:15070
    property dfs.datanode.address 127.0.0.1:15010
    property dfs.datanode.ipc.address 127.0.0.1:15020
    property dfs.datanode.http.address 127.0.0.1:15075
    property dfs.datanode.hostname 127.0.0.1
    property dfs.permissions.enabled false
    property dfs.webhdfs.enabled true
    property dfs.namenode.datanode.registration.ip-hostname-check false
    echo '</configuration>'
  } > "$HDFS_STATE/conf/hdfs-site.xml"
  for module in hdfs datanode static; do
    mkdir -p "$HDFS_STATE/conf/webapps/$module/WEB-INF"
    echo '<web-app/>' > "$HDFS_STATE/conf/webapps/$module/WEB-INF/web.xml"
  done
  start_nodes "$jars"
  for _ in $(seq 240); do
    curl -sf -m 2 -o /dev/null -X PUT -T /dev/null -L \
      "http://127.0.0.1:15070/webhdfs/v1/.ready?op=CREATE&overwrite=true&user.name=root" && break
    sleep 0.25
  done
  cat <<'OUT'
export SWIFTWATER_TEST_HDFS=127.0.0.1:15070
export SWIFTWATER_TEST_STORES="${SWIFTWATER_TEST_STORES:-} webhdfs://127.0.0.1:15070/swiftwater-kills"
OUT
  echo "export SWIFTWATER_TEST_STORE_SERVICES=\"$FOLDER\""
}

java_options() {
  local jars="$1" path="$HDFS_STATE/conf" file module
  for file in "$jars"/{hadoop-{common,auth,hdfs,annotations},jetty-6,jetty-util-6,commons,guava,protobuf-java,htrace,log4j,slf4j,netty,leveldbjni,xercesImpl,xml-apis,jackson-{core,mapper,jaxrs,xc},jsp-api,javax.servlet-api,curator,zookeeper,httpclient,httpcore}*.jar; do
    [ -f "$file" ] && path+=":$file"
  done
  for file in jersey1-core jersey1-server jersey1-servlet jersey1-json jsr311-api jaxb-api; do
    path+=":/usr/share/java/$file.jar"
  done
  for module in java.lang java.nio java.util java.io java.net java.lang.reflect sun.nio.ch jdk.internal.ref; do
    printf '%s\n' --add-opens "java.base/$module=ALL-UNNAMED"
  done
  printf '%s\n' --add-opens java.security.jgss/sun.security.krb5=ALL-UNNAMED -Dfile.encoding=UTF-8 -Xmx256m -cp "$path"
}

start_nodes() {
  local options
  mapfile -t options < <(java_options "$1")
  [ -d "$HDFS_STATE/nn/current" ] ||
    java "${options[@]}" org.apache.hadoop.hdfs.server.namenode.NameNode -format -nonInteractive \
      > "$HDFS_STATE/format.log" 2>&1
  start_node "$1" name
  start_node "$1" data
}

start_node() {
  local options class=namenode.NameNode
  mapfile -t options < <(java_options "$1")
  [ "$2" = name ] || class=datanode.DataNode
  (
    # A test that starts a node waits until nobody has what it gave to this script.
    for open in /proc/self/fd/*; do [ "${open##*/}" -le 2 ] || eval "exec ${open##*/}>&-"; done
    exec setsid java "${options[@]}" "org.apache.hadoop.hdfs.server.$class" >> "$HDFS_STATE/$2.log" 2>&1 < /dev/null
  ) &
  echo $! > "$HDFS_STATE/$2.pid"
}

end() { [ ! -f "$1" ] || { kill "-${2:-TERM}" "$(cat "$1")" 2> /dev/null || true; rm -f "$1"; }; }

case "$1" in
  start)
    [ "${3:-}" = rgw ] || start_nanio
    start_rgw
    [ "${3:-}" = rgw ] || start_hdfs
    ;;
  stop)
    end "$FOLDER/nanio.pid"
    end "$RGW_STATE/rgw.pid"
    end "$RGW_STATE/rgw-sts.pid"
    end "$RGW_STATE/osd.pid" KILL
    end "$RGW_STATE/mon.pid"
    end "$HDFS_STATE/data.pid"
    end "$HDFS_STATE/name.pid"
    ;;
  kill-node) end "$HDFS_STATE/$3.pid" KILL ;;
  start-node) start_node "$FOLDER/pyspark-2.4.8/deps/jars" "$3" ;;
  *) say "start FOLDER or stop FOLDER" && exit 64 ;;
esac
