#!/usr/bin/env bash
# One-node Ceph with an S3 gateway on loopback, for tests: one copy, no auth between its daemons.
# Wants: apt-get install --no-install-recommends ceph-mon ceph-mgr ceph-osd radosgw
# Use:   tools/ceph.sh FOLDER up|down      PORT (7480), MONITOR (13300) in the environment
set -euo pipefail
D=$(realpath -m "$1") URL=127.0.0.1:${PORT:-7480} MON=[v2:127.0.0.1:${MONITOR:-13300}]
export CEPH_CONF=$D/ceph.conf

await() { # await SECONDS COMMAND: until it succeeds
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do ((SECONDS < end)) || { echo "timed out: $*" >&2; return 1; }; sleep 0.2; done
}

create() {
  local fsid osd; fsid=$(uuidgen) osd=$(uuidgen)
  mkdir -p "$D"/{mon,mgr,osd,rgw,log,run}
  cat > "$CEPH_CONF" <<CONF
[global]
fsid = $fsid
mon host = $MON
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
pid file = $D/run/\$name.pid
log file = $D/log/\$name.log
admin socket = $D/run/\$name.\$pid.asok
osd pool default size = 1
osd pool default pg num = 8
mon allow pool size one = true
mon data = $D/mon
mgr data = $D/mgr
osd data = $D/osd
osd objectstore = bluestore
bluestore block size = 21474836480
rgw data = $D/rgw
rgw frontends = beast endpoint=$URL tcp_nodelay=1
CONF
  monmaptool --create --fsid "$fsid" --addv dev "$MON" "$D/monmap"
  ceph-mon -i dev --mkfs --monmap "$D/monmap"
  ceph-mon -i dev
  await 30 ceph osd new "$osd"
  ceph-osd -i 0 --mkfs --osd-uuid "$osd"
}

up() {
  create
  ceph-mgr -i dev
  ceph-osd -i 0
  await 60 bash -c 'ceph osd stat | grep " 1 up"'
  radosgw-admin user create --uid dev --display-name dev --access-key devkey --secret-key devsecret
  radosgw -n client.rgw.dev
  await 60 curl -sf "http://$URL/"
}

down() { # gateway first, monitor last; only processes our own pid files name
  for name in client.rgw.dev osd.0 mgr.dev mon.dev; do
    [ -s "$D/run/$name.pid" ] || continue
    pid=$(<"$D/run/$name.pid"); kill "$pid" 2>/dev/null || continue
    await 20 bash -c "! kill -0 $pid" || kill -9 "$pid"
  done
}

mkdir -p "$D"
case $2 in
  up) up >"$D/up.log" 2>&1 || { tail -5 "$D/up.log" >&2; down; exit 1; } ;;
  down) down ;;
esac
