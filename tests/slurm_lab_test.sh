#!/usr/bin/env bash
# Shows that scripts/slurm-lab gives two real Slurm clusters that run jobs as their own users, listen on loopback
# only, refuse each other's clients, and leave nothing behind. Other labs in other folders may run meanwhile.
# Exit status: 0 passed, 1 failed, 77 skipped (Slurm cannot run on this machine).
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

LAB=$(realpath "$(dirname "$0")/../scripts/slurm-lab")
# Short, because of socket paths; not made here, because it must come to belong to root.
DIR=$(mktemp -u /var/tmp/dlt-XXXXXX)
CLUSTERS=(guian shanghai)

step() { printf 'slurm_lab_test: %s\n' "$*"; }
fail() { printf 'slurm_lab_test: FAILED: %s\n' "$*" >&2; exit 1; }

as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n -- "$@"; fi; }

# as_agent NAME COMMAND...: like the centre's agent, as that cluster's user and with nothing else in the environment.
as_agent() {
  local name=$1; shift
  as_root runuser -u "dayan-$name" -- env -i PATH=/usr/bin:/bin SLURM_CONF="$DIR/$name/etc/slurm.conf" "$@"
}

cleanup() {
  local code=$?
  "$LAB" stop "$DIR" >/dev/null 2>&1 || true
  as_root rm -rf "$DIR"
  [[ $code -eq 0 || $code -eq 77 ]] || printf 'slurm_lab_test: FAILED\n' >&2
}

# ends NAME ID: prints "STATE EXITCODE" of a job once it has ended.
ends() {
  local line until=$((SECONDS + 60))
  while ((SECONDS < until)); do
    line=$(as_agent "$1" scontrol show job -o "$2")
    if [[ $line =~ JobState=(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL)\ .*\ ExitCode=([0-9]+:[0-9]+) ]]; then
      echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
      return
    fi
    sleep 0.2
  done
  fail "job $2 of $1 did not end within 60 s: $line"
}

# lab_processes: all processes that carry the lab's folder among their arguments or in their environment.
lab_processes() {
  { as_root grep -slF -e "$DIR/" /proc/[0-9]*/cmdline /proc/[0-9]*/environ || true; } | cut -d/ -f3 | sort -u |
    while read -r pid; do
      [[ $pid != "$$" && $(cat "/proc/$pid/comm" 2>/dev/null) =~ ^(slurm|munged|sleep|sh|bash) ]] && echo "$pid"
    done || true
}

# listeners: "pid address port" of everything that listens and was started by the lab.
listeners() {
  local pid inode
  for pid in $(lab_processes); do
    for inode in $(as_root find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n'); do
      awk -v inode="$inode" -v pid="$pid" '$4 == "0A" && $10 == inode { print pid, $2 }' /proc/net/tcp /proc/net/tcp6
    done
  done
}

start_lab() {
  local code=0
  "$LAB" start --rest --tenants 1 "$DIR" guian:2:4:4000:2 shanghai:1:2 || code=$?
  if [[ $code -eq 3 ]]; then step "skipped"; exit 77; fi
  [[ $code -eq 0 ]] || fail "start ended with $code"
}

test_start() {
  start_lab
  start_lab # the same shape is reused
  if "$LAB" start "$DIR" guian:1:1 2>/dev/null; then fail "start accepted another shape while a lab was running"; fi
  [[ $("$LAB" status "$DIR" --json) == *'"state":"up"'* ]] || fail "status does not say up"
  step "two clusters are up"
}

test_jobs() {
  local name id user
  for name in "${CLUSTERS[@]}"; do
    # shellcheck disable=SC2016  # expanded in the job
    id=$(as_agent "$name" sbatch --parsable --chdir="$DIR/$name/work" --output=ok.txt --wrap 'id -un; echo "$SLURMD_NODENAME"')
    [[ $(ends "$name" "$id") == "COMPLETED 0:0" ]] || fail "job $id of $name: $(ends "$name" "$id")"
    user=$(as_root head -n 1 "$DIR/$name/work/ok.txt")
    [[ $user == "dayan-$name" ]] || fail "the job of $name ran as '$user'"
    id=$(as_agent "$name" sbatch --parsable --chdir="$DIR/$name/work" --wrap 'exit 3')
    [[ $(ends "$name" "$id") == "FAILED 3:0" ]] || fail "job $id of $name should end with 3: $(ends "$name" "$id")"
    grep -q "^JobId=$id .* ExitCode=3:0" "$DIR/$name/log/jobcomp.txt" || fail "jobcomp.txt of $name has no line for job $id"
    step "$name: jobs run as dayan-$name and end as they should"
  done
}

test_gpus() {
  local id cards
  # shellcheck disable=SC2016  # expanded in the job
  id=$(as_agent guian sbatch --parsable --chdir="$DIR/guian/work" --output=cards.txt --gres=gpu:ascend910b:2 \
    --wrap 'echo "$ASCEND_RT_VISIBLE_DEVICES"')
  [[ $(ends guian "$id") == "COMPLETED 0:0" ]] || fail "the card job ended badly"
  cards=$(as_root cat "$DIR/guian/work/cards.txt")
  [[ $cards == 0,1 ]] || fail "the job saw cards '$cards', not 0,1"
  step "a job gets its cards"
}

test_tenants() {
  local name
  for name in "${CLUSTERS[@]}"; do
    [[ $(as_root runuser -u "dayan-$name" -- sudo -n -u "dayan-$name-1" -- id -un) == "dayan-$name-1" ]] ||
      fail "dayan-$name may not run commands as its tenant"
    if as_root runuser -u "dayan-$name" -- sudo -n true 2>/dev/null; then fail "dayan-$name may become root"; fi
  done
  step "an agent may become its tenants, and nobody else"
}

test_apart() {
  local found
  # shanghai's credential at guian's controller: other key, so it must be refused.
  as_root sed "s|^AuthInfo=.*|AuthInfo=socket=$DIR/shanghai/mrun/munge.socket|" "$DIR/guian/etc/slurm.conf" |
    as_root tee "$DIR/crossed.conf" >/dev/null
  if as_agent guian env SLURM_CONF="$DIR/crossed.conf" timeout 20 squeue >/dev/null 2>&1; then
    fail "guian accepted a credential of shanghai"
  fi
  # 2 controllers, 2 slurmrestd and 3 nodes; 0100007F is 127.0.0.1 as the kernel writes it.
  found=$(listeners | sort -u)
  [[ $(wc -l <<<"$found") -ge 7 ]] || fail "expected 7 listening sockets or more, saw: $found"
  ! grep -v ' 0100007F:' <<<"$found" || fail "the above listen outside 127.0.0.1"
  step "loopback only, and each cluster has its own key"
}

test_stop() {
  local id left name
  # One job that takes no notice of TERM, with a child of its own, and one that waits.
  id=$(as_agent guian sbatch --parsable --chdir="$DIR/guian/work" --output=long.txt --wrap 'trap "" TERM; echo on; sleep 600 & sleep 601; sleep 602')
  as_agent shanghai sbatch --parsable --chdir="$DIR/shanghai/work" --hold --wrap 'sleep 600' >/dev/null
  for _ in {1..150}; do as_root test -s "$DIR/guian/work/long.txt" && break; sleep 0.2; done
  as_root test -s "$DIR/guian/work/long.txt" || fail "job $id did not start within 30 s"
  "$LAB" stop "$DIR" || fail "stop failed"
  left=$(lab_processes)
  [[ -z $left ]] || fail "still running after stop: $(ps -o pid=,args= -p "$(paste -sd, <<<"$left")")"
  "$LAB" stop "$DIR" >/dev/null || fail "a second stop failed"
  if "$LAB" status "$DIR" >/dev/null; then fail "status says up after stop"; fi
  for name in "${CLUSTERS[@]}"; do
    if as_root grep -qs "^dayan-$name ALL=(dayan-$name-1) " /etc/sudoers.d/*; then fail "stop left a rule of sudo for $name"; fi
  done
  step "stop leaves nothing"
}

# As after a power cut: nothing of the lab lives, its files do.
test_stale_state() {
  local pid
  start_lab >/dev/null
  as_agent guian sbatch --chdir="$DIR/guian/work" --wrap 'sleep 600' >/dev/null
  for pid in $(lab_processes); do as_root kill -s KILL "$pid" 2>/dev/null || true; done
  start_lab >/dev/null
  [[ -z $(as_agent guian squeue --noheader) ]] || fail "a job of the dead lab is back"
  "$LAB" stop "$DIR" >/dev/null
  step "a lab starts over the remains of a killed one"
}

trap cleanup EXIT
test_start
test_jobs
test_gpus
test_tenants
test_apart
test_stop
test_stale_state
step "passed"
