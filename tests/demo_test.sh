#!/usr/bin/env bash
# The main job end to end, on real Slurm: runs scripts/demo with six frames, then looks at what it says from outside:
# each attempt in its Slurm's own records, each checksum against the file, each charge against the ledger's entries.
# Usage: demo_test.sh [local]      local: scripts/demo --local, without Slurm's records
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
engine=${1:-slurm}
export DAYAN_DEMO_NAME=demotest
options=()
if [ "$engine" = local ]; then
  DAYAN_DEMO_NAME=demolocal
  options=(--local)
fi
lab=/var/tmp/dayan-$DAYAN_DEMO_NAME-lab-$(id -u)
demo=/var/tmp/dayan-$DAYAN_DEMO_NAME-$(id -u)
report=$(mktemp)
trap 'bash "$root/scripts/demo" --stop >/dev/null 2>&1 || true; rm -f "$report" "${said:-}"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

said=$(mktemp)
bash "$root/scripts/demo" --keep --json --frames 6 "${options[@]}" >"$report" 2>"$said" || {
  code=$?
  cat "$said" >&2
  fail "scripts/demo ended with $code"
}
cat "$said" >&2
# What a person reads: quotes with reasons, placements with reasons, the bill, the earnings, how to go on.
for words in 'why guian/' 'why shanghai/' 'nowhere\|too many\|needs' 'what guizhou-power earned' 'the video: ' 'go on by hand'; do
  grep -q "$words" "$said" || fail "the demo does not say '$words'"
done
[ -s "$demo/film.mp4" ] || fail "there is no video"
if [ "$engine" = local ] && grep -q squeue "$said"; then fail "it speaks of a Slurm that is not there"; fi

python3 - "$report" "$demo" "$lab" "$engine" <<'PY'
import decimal, hashlib, json, pathlib, subprocess, sys

report = json.load(open(sys.argv[1]))
demo, lab, engine = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4]
assert report["engine"] == engine, f"the demo used {report['engine']}, not {engine}"
assert len(report["attempts"]) >= 6, "fewer attempts than frames"
entries = {e["id"]: e for e in report["entries"]}


def check_in_slurm(attempt):
    conf = lab / attempt["centre"] / "etc" / "slurm.conf"
    record = subprocess.run(
        ["scontrol", "show", "job", "-o", attempt["engine_job_id"]],
        env={"SLURM_CONF": str(conf), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True).stdout
    words = dict(word.split("=", 1) for word in record.split() if "=" in word)
    assert words["JobName"] == attempt["engine_job_name"], (words["JobName"], attempt["engine_job_name"])
    assert words["Requeue"] == "0", "Slurm could start it a second time"
    assert words["JobState"] == "COMPLETED", record
    ended = pathlib.Path(report["slurm"][attempt["centre"]]["ended_jobs"]).read_text()
    assert f"JobId={attempt['engine_job_id']} " in ended and f"Name={attempt['engine_job_name']} " in ended, ended


for attempt in report["attempts"]:
    if engine == "slurm":
        check_in_slurm(attempt)
    frames = [o for o in attempt["outputs"] if o["path"].endswith(".png")]
    assert len(frames) == 1, attempt
    file = demo / "frames" / str(attempt["task"]) / frames[0]["path"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == frames[0]["sha256"], f"{file} is not what was reported"
    mine = [entries[i] for i in attempt["entries"]]
    money = decimal.Decimal
    posted = sum((money(e["amount"]) for e in mine if e["kind"] == "post"), money(0))
    passed_on = sum((money(e["amount"]) for e in mine if e["kind"] == "direct"), money(0))
    held = sum((money(e["amount"]) for e in mine if e["kind"] == "hold"), money(0))
    assert posted == money(attempt["charged"]) == passed_on, (posted, attempt["charged"], passed_on)
    assert 0 < posted <= held, (posted, held)
    assert attempt["placement"]["centre"] and money(attempt["placement"]["task_cost"]) > 0, attempt["placement"]
assert report["ledger"]["balanced"] and report["ledger"]["violation"] is None
centres = {a["centre"] for a in report["attempts"]}
assert centres == {"guian", "shanghai"}, f"the frames were not spread: {centres}"
print(f"{len(report['attempts'])} attempts at {len(centres)} centres agree with {engine}, the files and the ledger")
PY

bash "$root/scripts/demo" --stop >/dev/null
if pgrep -f "$demo/bin/dayan" >/dev/null; then fail "--stop left a process"; fi
echo "passed"
