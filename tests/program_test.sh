#!/usr/bin/env bash
# The program as its users meet it, on one local centre: clear answers to bad input, and kill -9 of hub and agent in the
# middle of a job, after which nothing is lost, nothing runs twice and the ledger balances.
# Usage: program_test.sh PATH_OF_DAYAN
set -euo pipefail
dayan=$(realpath "$1")
place=$(mktemp -d /tmp/dayan-program-XXXXXX)
hub_pid='' agent_pid=''

cleanup() {
  local pid
  for pid in $agent_pid $hub_pid; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$place"
}
trap cleanup EXIT

checks=0
fail() {
  echo "FAILED: $*" >&2
  tail -n 15 "$place"/*.log >&2 || true
  exit 1
}
field() { python3 -c 'import json,sys
value = json.load(sys.stdin)
for part in sys.argv[1].split("."): value = value[part]
print(value)' "$1"; }
as() {
  local role=$1
  shift
  DAYAN_HUB=$hub DAYAN_TOKEN=$(cat "$place/$role") "$dayan" "$@"
}
# expect CODE WORDS COMMAND…: the command ends with that status and says these words.
expect() {
  local code=$1 words=$2 got=0 said
  shift 2
  said=$("$@" 2>&1) || got=$?
  [ "$got" = "$code" ] || fail "'$*' ended with $got, not $code: $said"
  [[ $said == *"$words"* ]] || fail "'$*' does not say '$words': $said"
  checks=$((checks + 1))
}
start_hub() {
  rm -f "$place/hub/hub.url"
  "$dayan" hub run --data "$place/hub" --port "$port" >>"$place/hub.log" 2>&1 &
  hub_pid=$!
  for _ in $(seq 300); do
    [ -s "$place/hub/hub.url" ] && break
    sleep 0.1
  done
  hub=$(cat "$place/hub/hub.url") || fail "the hub did not start"
  port=${hub##*:}
  port=${port%/}
}
start_agent() {
  "$dayan" agent run --folder "$place/agent" --config "$place/agent.yaml" >>"$place/agent.log" 2>&1 &
  agent_pid=$!
}

port=0
"$dayan" hub init --data "$place/hub" --organisation platform --user root --json | field token >"$place/operator"
expect 1 "already has an operator" "$dayan" hub init --data "$place/hub" --organisation other --user root
expect 2 "65535" "$dayan" hub run --data "$place/open" --port 70000
expect 1 "needs TLS" "$dayan" hub run --data "$place/open" --address 0.0.0.0 --port 0
start_hub
expect 1 "$port" "$dayan" hub run --data "$place/open" --port "$port"
as operator operator organisation create studio --role customer --user ann --json | field token >"$place/studio"
as operator operator organisation create works --role provider --user bob --json | field token >"$place/works"
as operator operator top-up studio 20 --reference r1 >/dev/null
as operator operator top-up studio 20 --reference r1 >/dev/null # the same payment: credited once
expect 1 "reference: 'r1' stands for another payment" as operator operator top-up studio 30 --reference r1
as works provider centre create here --region guizhou >/dev/null
as works provider offer publish here --core-hour 0.5 --card-hour 0 --gb-hour 0 >/dev/null
expect 2 "gb-hour" as works provider offer publish here --core-hour 0.5 --card-hour 0
as works provider centre join-token here --json | field join_token >"$place/join"
"$dayan" agent join --hub "$hub" --token-file "$place/join" --folder "$place/agent" >/dev/null
expect 1 "used" "$dayan" agent join --hub "$hub" --token-file "$place/join" --folder "$place/agent-two"
cat >"$place/agent.yaml" <<'YAML'
executor: local
local: {cores: 2, memory: 2GB}
organisations:
  studio: {}
YAML
start_agent

# Bad input: one clear error per fault, and nothing is submitted.
job_file() { printf '%s\n' "$@" >"$place/job.yaml"; }
good=('name: t' 'command: ["true"]' 'resources: {cpus: 1, memory: 50MB}' 'wall_time: 1m')
job_file "${good[@]}" 'colour: red'
expect 2 "colour" as studio submit "$place/job.yaml"
job_file 'name: t' 'command: ["true"]' 'resources: {cpus: 1, memory: 500}' 'wall_time: 1m'
expect 2 "memory" as studio submit "$place/job.yaml"
job_file 'name: t' 'command: ["true"]' 'resources: {cpus: -1, memory: 99999999999PB}' 'wall_time: 5'
expect 2 "resources.cpus" as studio submit "$place/job.yaml"
expect 2 "resources.memory" as studio submit "$place/job.yaml"
expect 2 "wall_time" as studio submit "$place/job.yaml"
job_file "${good[@]}" 'array: {count: 10000000}'
expect 2 "array.count" as studio submit "$place/job.yaml"
job_file "${good[@]}" 'outputs: ["../../etc/*"]'
expect 2 "outputs" as studio submit "$place/job.yaml"
job_file "${good[@]}" 'inputs: [/etc/passwd]'
expect 2 "inputs" as studio submit "$place/job.yaml"
job_file 'name: [unfinished'
expect 2 "line 2: is not YAML: end of sequence flow not found" as studio submit "$place/job.yaml"
echo dayan_nonsense >"$place/nobody"
job_file "${good[@]}"
expect 1 "token" as nobody submit "$place/job.yaml"
[ "$(as studio jobs --json | python3 -c 'import json,sys; d=json.load(sys.stdin); print(len(d["items"] if isinstance(d, dict) else d))')" = 0 ] ||
  fail "bad input left a job behind"

# One key with two bodies, over the wire itself.
post() { # KEY AMOUNT
  python3 - "$hub" "$place/operator" "$1" "$2" <<'PY'
import json, sys, urllib.error, urllib.request
hub, token, key, amount = sys.argv[1], open(sys.argv[2]).read().strip(), sys.argv[3], sys.argv[4]
body = json.dumps({"organisation": "studio", "amount": amount, "reference": "r2"}).encode()
request = urllib.request.Request(hub.rstrip("/") + "/v1/wallet/top-ups", body, {
    "authorization": "Bearer " + token, "content-type": "application/json", "idempotency-key": key})
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)
PY
}
[ "$(post one 1)" = 201 ] || fail "a top-up was refused"
[ "$(post one 1)" = 201 ] || fail "the same request again is not the same answer"
[ "$(post one 2)" = 422 ] || fail "one key with two bodies was taken"
[ "$(as studio wallet --json | field topped_up)" = 21 ] || fail "a repeated top-up counted twice"

# kill -9 of agent and hub while six tasks run; each adds a line to a file of its folder when it starts.
job_file 'name: survivor' "command: [bash, -c, 'echo start >> starts; sleep 3; echo done']" 'outputs: [starts]' \
  'resources: {cpus: 1, memory: 50MB}' 'wall_time: 1m' 'run_time: 3s' 'tasks: 6'
wait_for() { # SECONDS WHAT COMMAND…
  local limit=$1 what=$2
  shift 2
  for _ in $(seq $((limit * 10))); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  fail "waited $limit s for $what"
}
reachable() { as studio centres --json | grep -q '"reachable"'; }
running() { as studio job attempts "$job" --json | grep -q '"running"'; }
wait_for 60 "the centre" reachable
job=$(as studio submit "$place/job.yaml" --json | field job.id)
wait_for 60 "a task to run" running
kill -9 "$agent_pid"
kill -9 "$hub_pid"
wait "$agent_pid" "$hub_pid" 2>/dev/null || true
start_hub
sleep 1
start_agent
timeout 120 env DAYAN_HUB="$hub" DAYAN_TOKEN="$(cat "$place/studio")" "$dayan" job watch "$job" >/dev/null ||
  fail "the job did not end well after the crashes"
as studio job fetch "$job" --to "$place/out" >/dev/null
for task in 0 1 2 3 4 5; do
  [ "$(wc -l <"$place/out/$task/starts")" = 1 ] || fail "task $task started $(wc -l <"$place/out/$task/starts") times"
done
[ "$(as studio job logs "$job" --task 5)" = done ] || fail "the output of task 5 is not 'done'"
[ "$(as operator operator ledger --json | field balanced)" = True ] || fail "the ledger does not balance"
[ "$(as studio wallet --json | field held)" = 0 ] || fail "money is still held after the job ended"

# A graceful stop, and nothing of ours is left.
kill "$agent_pid" "$hub_pid"
wait "$agent_pid" || fail "the agent did not stop well"
wait "$hub_pid" || fail "the hub did not stop well"
agent_pid='' hub_pid=''
echo "passed: $checks answers to bad input, and six tasks through kill -9 of hub and agent"
