#!/bin/sh
# Makes sure that there is a SLURM to test with: installs it where that is possible, and starts a private cluster of two
# nodes on this machine, with its own ports, munge socket and key below FOLDER. No systemd, no cgroups.
# It has accounting (sacct), by a slurmdbd and a MariaDB of its own, where these can be had; else one line says why not.
# Usage: ensure_slurm.sh PYTHON FOLDER      start; prints one line that a shell evaluates, and how to stop
#        ensure_slurm.sh --stop FOLDER      stop every daemon that was started for FOLDER
#        ensure_slurm.sh --install          install only; ends with 1 and one line where that is not possible
# The nodes: n1 and n2, eight CPUs each however many the machine has, two GPUs each that are empty files.
# The partitions: main (the default), urgent (goes before main, whose jobs it requeues, and before spare, whose jobs it
# cancels), short (at most 2 minutes), lab (for an account that nobody has).
set -u

missing() {
    for name in sbatch slurmctld slurmd munged mungekey; do
        command -v "$name" >/dev/null 2>&1 || { echo "$name"; return; }
    done
}

no_accounting() {
    for name in slurmdbd mariadbd; do command -v "$name" >/dev/null 2>&1 || { echo "there is no $name"; return; }; done
}

install() {
    [ -z "$(missing)$(no_accounting)" ] && return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        export DEBIAN_FRONTEND=noninteractive
        timeout 120 apt-get update -qq >/dev/null 2>&1
        [ -z "$(missing)" ] || timeout 300 apt-get install -y -qq slurm-wlm munge >/dev/null 2>&1
        # Of MariaDB the program alone: Debian's mariadb-server is a service of the machine.
        timeout 300 apt-get install -y -qq --no-install-recommends slurmdbd mariadb-server-core >/dev/null 2>&1
    fi
    [ -z "$(missing)" ] && return 0
    echo "SLURM: there is no $(missing) here and it could not be installed (Debian: apt-get install slurm-wlm munge)." >&2
    return 1
}

stop() {
    pids=
    for name in slurmd.n1 slurmd.n2 slurmctld slurmdbd mariadbd munged; do
        [ -s "$1/$name.pid" ] || continue
        pid=$(cat "$1/$name.pid")
        # Only what was started for this folder: a pid may be another's by now.
        cat "/proc/$pid/cmdline" "/proc/$pid/environ" 2>/dev/null | grep -qF "$1/" && pids="$pids $pid"
    done
    # All at once: none waits for another, and nothing of theirs is kept.
    [ -z "$pids" ] || kill $pids 2>/dev/null
    for pid in $pids; do
        for _ in $(seq 15); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
        kill -9 "$pid" 2>/dev/null
    done
    return 0
}

case "${1:-}" in
--install) install; exit ;;
--stop) stop "$2"; exit ;;
esac
[ $# = 2 ] || { echo "Usage: ensure_slurm.sh PYTHON FOLDER" >&2; exit 64; }
[ "$(id -u)" = 0 ] || { echo "SLURM: a private cluster needs root, which starts jobs." >&2; exit 1; }
[ -z "$(missing)" ] || install || exit 1
folder=$2
mkdir -p "$folder/spool.n1" "$folder/spool.n2" "$folder/state" && chmod 755 "$folder" || exit 1
touch "$folder/gpu0" "$folder/gpu1"
here=$(hostname)
ports=$("$1" -c 'import socket
held = [socket.socket() for _ in range(4)]
for each in held: each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in held))') || exit 1
set -- $ports

cat >"$folder/slurm.conf" <<CONF
ClusterName=vitalsigns
SlurmctldHost=$here(127.0.0.1)
SlurmctldPort=$1
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$4
AccountingStoragePass=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
KillWait=20
MessageTimeout=30
TCPTimeout=10
SlurmdTimeout=120
SlurmctldTimeout=60
MinJobAge=600
InactiveLimit=0
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=200000
EnforcePartLimits=ALL
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=400
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=$here NodeAddr=127.0.0.1 Port=$2 CPUs=8 RealMemory=3200 Gres=gpu:2 State=UNKNOWN
NodeName=n2 NodeHostname=$here NodeAddr=127.0.0.1 Port=$3 CPUs=8 RealMemory=3200 Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=24:00:00 PriorityTier=1 GraceTime=10 State=UP
PartitionName=urgent Nodes=n1,n2 MaxTime=24:00:00 PriorityTier=10 State=UP
PartitionName=spare Nodes=n1,n2 MaxTime=24:00:00 PriorityTier=1 PreemptMode=CANCEL GraceTime=10 State=UP
PartitionName=short Nodes=n1,n2 MaxTime=2 PriorityTier=1 State=UP
PartitionName=lab Nodes=n1,n2 MaxTime=24:00:00 AllowAccounts=lab State=UP
CONF
echo "NodeName=n[1-2] Name=gpu File=$folder/gpu[0-1]" >"$folder/gres.conf"
# No plugin of ours uses a control group; this one looks for none until one does, also in a container without any.
printf "CgroupPlugin=cgroup/v1\nCgroupMountpoint=%s/cgroup\n" "$folder" >"$folder/cgroup.conf"

cat >"$folder/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$4
SlurmUser=root
PidFile=$folder/slurmdbd.pid
LogFile=$folder/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=vitalsigns
CONF
chmod 600 "$folder/slurmdbd.conf"

# Prints why there is no accounting, or nothing. The database knows no users: only root enters the folder of its socket.
accounting() {
    no_accounting | grep . && return
    mkdir -m 700 "$folder/db" && mkdir "$folder/db/data" || return
    export MYSQL_UNIX_PORT="$folder/db/socket"
    options="--no-defaults --user=root --datadir=$folder/db/data --skip-grant-tables --skip-log-bin --performance-schema=off"
    options="$options --innodb-log-file-size=4M --innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=0"
    { printf 'create database mysql;\nuse mysql;\n'; cat /usr/share/mysql/mysql_system_tables.sql; } \
        | mariadbd $options --bootstrap >"$folder/mariadbd.log" 2>&1
    mariadbd $options --skip-networking --socket="$MYSQL_UNIX_PORT" --pid-file="$folder/mariadbd.pid" \
        >>"$folder/mariadbd.log" 2>&1 </dev/null &
    for _ in $(seq 120); do [ -S "$MYSQL_UNIX_PORT" ] && break; sleep 0.5; done
    slurmdbd >"$folder/slurmdbd.out" 2>&1
    for _ in $(seq 60); do
        sacctmgr --immediate --quiet add cluster vitalsigns >"$folder/sacctmgr.out" 2>&1 && return
        sleep 0.5
    done
    echo "slurmdbd did not start ($(cat "$folder/mariadbd.log" "$folder/slurmdbd.log" 2>/dev/null | tail -n 1))"
}

refused() { echo "SLURM: $1 did not start: $(cat "$2" "${2%.log}.out" 2>/dev/null | tail -n 1)" >&2; stop "$folder"; exit 1; }

[ -s "$folder/munge.key" ] || mungekey --create --keyfile="$folder/munge.key" || exit 1
munged --force --socket="$folder/munge.socket" --key-file="$folder/munge.key" --pid-file="$folder/munged.pid" \
    --seed-file="$folder/munge.seed" --log-file="$folder/munged.log" >"$folder/munged.out" 2>&1 \
    || refused munged "$folder/munged.out"
export SLURM_CONF="$folder/slurm.conf"
no_accounts=$(accounting)
[ -z "$no_accounts" ] || { sed -i /^AccountingStorage/d "$SLURM_CONF"; echo "SLURM: without accounting, $no_accounts." >&2; }
slurmctld -f "$SLURM_CONF" >"$folder/slurmctld.out" 2>&1 || refused slurmctld "$folder/slurmctld.log"
for node in n1 n2; do
    slurmd -N "$node" -f "$SLURM_CONF" >"$folder/slurmd.$node.out" 2>&1 || refused "slurmd of $node" "$folder/slurmd.$node.log"
done
for _ in $(seq 240); do
    [ "$(sinfo --noheader --states=idle --Node --partition=main --format=%N 2>/dev/null | wc -l)" = 2 ] && ready=yes && break
    sleep 0.5
done
[ "${ready:-}" ] || refused "a node" "$folder/slurmctld.log"
# Where this user may not become that of a job, daemons start and jobs do not.
timeout 120 srun --quiet true >"$folder/srun.out" 2>&1 || refused "a job" "$folder/srun.out"
echo "export SLURM_CONF='$SLURM_CONF'"
echo "SLURM runs on two nodes. Stop it: sh scripts/ensure_slurm.sh --stop '$folder'" >&2
