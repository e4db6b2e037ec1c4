#!/usr/bin/env bash
# Work is taken back on real Slurm, end to end: reclaimable tasks fill a pool, urgent work of another customer comes;
# each task that it needs is told by SIGTERM, puts its things in order and ends; it is charged for what it used, at the
# part of the price that the centre asks of such work; the urgent work runs. Slurm's own records agree.
# Usage: taking_back_test.sh PATH_OF_DAYAN [local]      local: the same with the local executor, without Slurm
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
root=$(cd "$(dirname "$0")/.." && pwd)
engine=${2:-slurm}
place=/var/tmp/dayan-takeback-$(id -u)
lab=/var/tmp/dayan-takeback-lab-$(id -u)
dayan=$place/dayan
folder=$place/agent
hub_pid=''

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n -- "$@"; fi; }
as_centre() { if [ "$engine" = local ]; then "$@"; else as_root runuser -u dayan-guian -- "$@"; fi; }
agent_pids() { pgrep -f "^$dayan agent run --folder $folder " || true; }
cleanup() {
  local pid
  for pid in $(agent_pids) $hub_pid; do as_root kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ "$engine" = local ] || "$root/scripts/slurm-lab" stop "$lab" >/dev/null 2>&1 || true
}
trap cleanup EXIT
fail() {
  echo "FAILED: $*" >&2
  tail -n 15 "$place"/*.log >&2 || true
  exit 1
}
field() { python3 -c 'import json,sys
value = json.load(sys.stdin)
for part in sys.argv[1].split("."): value = value[part]
print(value)' "$1"; }
as() { # as ROLE COMMAND…
  local role=$1
  shift
  DAYAN_HUB=$hub DAYAN_TOKEN=$(cat "$place/$role") "$dayan" "$@"
}

[ "$engine" = local ] || "$root/scripts/slurm-lab" stop "$lab" >/dev/null 2>&1 || true
as_root rm -rf "$place"
mkdir -p "$place"
chmod 755 "$place"
install -m 755 "$1" "$dayan" # where the centre's own user can run it
if [ "$engine" = slurm ]; then
  # One node of two cores.
  "$root/scripts/slurm-lab" start "$lab" guian:1:2:2000 >&2
  folder=$lab/guian/work/agent
  as_centre rm -rf "$folder"
  printf 'executor: slurm\nslurm: {conf: %s}\n' "$lab/guian/etc/slurm.conf" >"$place/agent.yaml"
else
  printf 'executor: local\nlocal: {cores: 2, memory: 2GB, sandbox: false}\n' >"$place/agent.yaml"
fi
printf 'organisations:\n  film-studio: {}\n  weather-office: {}\n' >>"$place/agent.yaml"

umask 077
"$dayan" hub init --data "$place/hub" --organisation platform --user root --json | field token >"$place/operator"
"$dayan" hub run --data "$place/hub" --port 0 >"$place/hub.log" 2>&1 &
hub_pid=$!
for _ in $(seq 300); do
  [ -s "$place/hub/hub.url" ] && break
  sleep 0.1
done
hub=$(cat "$place/hub/hub.url") || fail "the hub did not start"
for name in film-studio weather-office; do
  as operator operator organisation create $name --role customer --user ann --json | field token >"$place/$name"
  as operator operator top-up $name 20 --reference "first of $name" >/dev/null
done
as operator operator organisation create guizhou-power --role provider --user bob --json | field token >"$place/provider"
umask 022
as provider provider centre create guian --region guizhou >/dev/null
as provider provider offer publish guian --core-hour 3.6 --card-hour 0 --gb-hour 0 --reclaimable-percent 50 >/dev/null
as provider provider centre join-token guian --json | field join_token >"$place/join"
as_centre "$dayan" agent join --hub "$hub" --token-file /dev/stdin --folder "$folder" <"$place/join" >&2
as_centre "$dayan" agent run --folder "$folder" --config "$place/agent.yaml" >"$place/agent.log" 2>&1 &

cat >"$place/filler.yaml" <<'YAML'
name: filler
tasks: 2
reclaimable: true
resources: {cpus: 1, memory: 200MB}
wall_time: 30m
script: |
  #!/bin/bash
  trap 'echo told; exit 3' TERM
  echo begun
  for second in {1..1500}; do sleep 1 & wait; done
YAML
cat >"$place/urgent.yaml" <<'YAML'
name: urgent
resources: {cpus: 2, memory: 200MB}
wall_time: 1m
script: |
  #!/bin/bash
  echo urgent
YAML
# state JOB WHAT COUNT: waits until so many of its attempts show this in their JSON.
wait_for() {
  local who=$1 job=$2 what=$3 wanted=$4 got=0
  for _ in $(seq 600); do
    got=$(as "$who" job attempts "$job" --json | python3 -c 'import json, sys
attempts = [each["attempt"] for each in json.load(sys.stdin)["items"]]
print(sum(1 for attempt in attempts if eval(sys.argv[1])))' "$what")
    [ "$got" = "$wanted" ] && return
    sleep 0.2
  done
  fail "$got attempts, not $wanted, came to: $what"
}

filler=$(as film-studio submit "$place/filler.yaml" --json | field job.id)
wait_for film-studio "$filler" 'attempt["state"] == "running"' 2
for task in 0 1; do # the trap is set once it has spoken
  for _ in $(seq 300); do
    [ "$(as film-studio job logs "$filler" --task $task 2>/dev/null || true)" = begun ] && break
    sleep 0.2
  done
done
urgent=$(as weather-office submit "$place/urgent.yaml" --json | field job.id)
as weather-office job watch "$urgent" >&2 || fail "the urgent work did not succeed"
wait_for film-studio "$filler" 'attempt["outcome"] == "reclaimed"' 2
as film-studio job attempts "$filler" >"$place/told.txt"
# It has its room again by now; nobody waits half an hour for its end here.
as film-studio job cancel "$filler" >/dev/null
timeout 60 env DAYAN_HUB="$hub" DAYAN_TOKEN="$(cat "$place/film-studio")" "$dayan" job watch "$filler" >/dev/null || true
grep -q 'taken back at .* UTC for another customer.s work, notice 2m' "$place/told.txt" || fail "$(cat "$place/told.txt")"
for task in 0 1; do
  said=$(as film-studio job logs "$filler" --task $task --attempt 1)
  [ "$said" = $'begun\ntold' ] || fail "task $task said: $said"
done
as film-studio job attempts "$filler" --json >"$place/filler.json"
as weather-office job attempts "$urgent" --json >"$place/urgent.json"
as operator operator ledger --json >"$place/ledger.json"
[ "$engine" = local ] || as_root cat "$lab/guian/log/jobcomp.txt" >"$place/jobcomp.txt"

python3 - "$place" "$engine" <<'PY'
import decimal, json, pathlib, sys
from datetime import datetime

place, engine = pathlib.Path(sys.argv[1]), sys.argv[2]
load = lambda name: json.load(open(place / f"{name}.json"))
taken = [each["attempt"] for each in load("filler")["items"] if each["attempt"]["number"] == 1]
[urgent] = [each["attempt"] for each in load("urgent")["items"]]
time = lambda text: datetime.fromisoformat(text.replace("Z", "+00:00"))
assert urgent["outcome"] == "exited" and urgent["exit_code"] == 0, urgent
assert len(taken) == 2, taken
for attempt in taken:
    assert attempt["outcome"] == "reclaimed" and attempt["reclaimed_at"], attempt
    told = (time(attempt["ended_at"]) - time(attempt["reclaimed_at"])).total_seconds()
    assert told < 100, f"it was ended by its notice, not by itself: after {told} s"
    # Half of 3.6 yuan an hour is half a thousandth of a yuan a second, rounded down in the customer's favour.
    used = decimal.Decimal(str(attempt["billed_run"]))
    owed = used * decimal.Decimal("0.0005")
    charged = decimal.Decimal(attempt["charged"])
    assert used > 0 and owed - decimal.Decimal("0.000002") <= charged <= owed, (used, charged)
    assert time(urgent["started_at"]) >= time(attempt["started_at"]), (urgent, attempt)
ledger = load("ledger")
assert ledger["balanced"] and ledger["violation"] is None, ledger
if engine == "slurm":
    lines = (place / "jobcomp.txt").read_text().splitlines()
    def record(attempt):
        [line] = [line for line in lines if f"JobId={attempt['engine_id']} " in line]
        return dict(word.split("=", 1) for word in line.split() if "=" in word)
    assert record(urgent)["JobState"] == "COMPLETED", record(urgent)
    for attempt in taken:
        # It ended by itself, by the exit code of its own trap: nobody cancelled it.
        assert record(attempt)["JobState"] == "FAILED" and record(attempt)["ExitCode"] == "3:0", record(attempt)
print("taken back: two tasks told, charged for what they used; the urgent work ran")
PY
echo "passed"
