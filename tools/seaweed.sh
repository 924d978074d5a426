#!/usr/bin/env bash
# One-node SeaweedFS on loopback, for tests: the gateway on 127.0.0.2, all else on 127.0.0.1.
# Wants: the dependency group `buckets`.   Use: tools/seaweed.sh FOLDER up|down    PORT (8333)
set -euo pipefail
D=$(realpath -m "$1") PORT=${PORT:-8333} INSIDE=127.0.0.1 GATE=127.0.0.2 WEED=${WEED:-weed}

up() {
  mkdir -p "$D/data"
  cat > "$D/s3.json" <<'JSON'
{"identities":[{"name":"dev","credentials":[{"accessKey":"devkey","secretKey":"devsecret"}],
 "actions":["Admin","Read","Write","List","Tagging"]}]}
JSON
  setsid "$WEED" -logdir="$D" server -dir="$D/data" -ip=$INSIDE -ip.bind=$INSIDE -master.telemetry=false \
    -master.volumeSizeLimitMB=256 -volume.max=20 -volume.preStopSeconds=1 -filer \
    -s3 -s3.port="$PORT" -s3.ip.bind=$GATE -s3.config="$D/s3.json" </dev/null >"$D/out.log" 2>&1 &
  echo $! > "$D/pid"
  # ready: the master hands out a volume, and the gateway answers
  for ((end = SECONDS + 120; SECONDS < end; )); do
    curl -sf http://$INSIDE:9333/dir/assign | grep -q fid && curl -so /dev/null "http://$GATE:$PORT/" && return
    kill -0 "$(<"$D/pid")" 2>/dev/null || break # it has ended, and says why
    sleep 0.2
  done
  tail -5 "$D/out.log" >&2; down; exit 1
}

down() {
  [ -s "$D/pid" ] || return 0
  kill "$(<"$D/pid")" 2>/dev/null || return 0
  for _ in $(seq 50); do kill -0 "$(<"$D/pid")" 2>/dev/null || return 0; sleep 0.1; done
  kill -9 "$(<"$D/pid")" && sleep 0.5
}

case $2 in up) up ;; down) down ;; esac
