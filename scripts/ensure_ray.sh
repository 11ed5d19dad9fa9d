#!/bin/sh
# Makes sure that there is a Ray to test with, and starts a private cluster of two nodes on this machine: a head that
# takes no work, and a node with four CPUs and two GPUs that are numbers only. No process of another Ray is touched.
# Ray listens on all addresses, and asks nobody who he is: it is started where there is no address but loopback.
# Usage: ensure_ray.sh PYTHON FOLDER       start; prints the address of its job API
#        ensure_ray.sh PYTHON FOLDER node  start the node alone, once more
#        ensure_ray.sh --stop FOLDER       stop every process that was started for FOLDER
#        ensure_ray.sh --install PYTHON    install only; ends with 1 and one line where that is not possible
set -u
PORT=6379
DASHBOARD=8265
# Of one node: most of it is never touched.
OBJECTS="--object-store-memory=80000000"

install() {
    pinned=$(sed -n 's/^\(ray\[.*\]==[0-9.]*\).*/\1/p' "$(dirname "$0")/../requirements-frameworks.txt")
    alone "$1" || { echo "Ray: it listens on all addresses, and a network of its own for it needs root on Linux (unshare --net)." >&2; return 1; }
    "$1" -c 'import ray.dashboard.optional_deps, ray.train.torch' >/dev/null 2>&1 && return 0
    "$1" -m pip install --quiet --disable-pip-version-check "$pinned" >/dev/null 2>&1
    "$1" -c 'import ray.dashboard.optional_deps, ray.train.torch' >/dev/null 2>&1 && return 0
    echo "Ray: $pinned could not be installed for $1." >&2
    return 1
}

alone() { "$1" "$(dirname "$0")/../tests/cluster/own_network.py" >/dev/null 2>&1; }

stop() {
    for name in node head; do
        [ -s "$1/$name.pid" ] || continue
        pid=$(cat "$1/$name.pid")
        # Only the session that was begun for this folder: a pid may be another's by now.
        for each in $(ps -s "$pid" -o pid=); do
            { tr '\0' '\n' <"/proc/$each/environ" | grep -qxF "VITALSIGNS_RAY_FOLDER=$1"; } 2>/dev/null || continue
            kill -9 $(ps -s "$pid" -o pid=) 2>/dev/null
            break
        done
        rm -f "$1/$name.pid"
    done
    return 0
}

case "${1:-}" in
--install) install "$2"; exit ;;
--stop) stop "$2"; exit ;;
esac
[ $# = 2 ] || [ "${3:-}" = node ] || { echo "Usage: ensure_ray.sh PYTHON FOLDER [node]" >&2; exit 64; }
[ -z "$(ip -4 -o addr show scope global 2>/dev/null)" ] \
    || { echo "Ray: here it would listen for the network; start it below unshare --net." >&2; exit 1; }
python=$1
folder=$2
mkdir -p "$folder" && cd "$folder" || exit 1
export VITALSIGNS_RAY_FOLDER="$folder" RAY_USAGE_STATS_ENABLED=0
# A node that died is missed after 3 s instead of 15.
# A machine that is busy starts a worker, and ends a job, as slowly as it likes.
export RAY_worker_register_timeout_seconds=240 RAY_JOB_STOP_WAIT_TIME_S=15
export RAY_health_check_initial_delay_ms=1000 RAY_health_check_period_ms=1000 RAY_health_check_failure_threshold=3

# A session of its own each, so that no key of the terminal reaches it and the whole of it can be ended.
begin() {
    name=$1
    shift
    setsid "$python" -m ray.scripts.scripts start --block --disable-usage-stats --node-ip-address=127.0.0.1 $OBJECTS "$@" \
        >"$folder/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/$name.pid"
}

nodes() {
    "$python" - "$DASHBOARD" <<'PYTHON'
import json, sys, urllib.request
with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/nodes?view=summary", timeout=5) as answer:
    print(sum(1 for node in json.load(answer)["data"]["summary"] if node["raylet"].get("state") == "ALIVE"))
PYTHON
}

ready() {
    for _ in $(seq 360); do
        [ "$(nodes 2>/dev/null)" = "$1" ] && return 0
        sleep 0.5
    done
    echo "Ray: it did not start: $(tail -n 1 "$folder/$2.log" 2>/dev/null)" >&2
    stop "$folder"
    exit 1
}

if [ "${3:-}" != node ]; then
    begin head --head --port=$PORT --dashboard-host=127.0.0.1 --dashboard-port=$DASHBOARD --num-cpus=0 --temp-dir="$folder/ray"
    ready 1 head
fi
# Its agent has a port of its own beside the head's (52365): without one Ray gives it none, and its jobs have no log.
begin node --address=127.0.0.1:$PORT --num-cpus=4 --num-gpus=2 --dashboard-agent-listen-port=52366
ready 2 node
echo "http://127.0.0.1:$DASHBOARD"
