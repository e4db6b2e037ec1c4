#!/usr/bin/env python3
"""One JSON document of a demo run: every attempt with its centre, engine job, checksums and ledger entries.

Usage: demo_report.py FOLDER JOB ENGINE LAB. Reads attempts.json, outputs.json, entries.json and ledger.json of the
folder, as `dayan … --json` printed them; slurm-jobs-CENTRE.txt beside them is Slurm's own record of the ended jobs, and
LAB/CENTRE/etc/slurm.conf its configuration while it runs (scripts/demo --keep).
"""
import json
import pathlib
import sys

folder, job, engine, lab = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


def items(name):
    document = json.loads((folder / f"{name}.json").read_text())
    return document["items"] if isinstance(document, dict) and "items" in document else document


def key(row):
    return row["task"], row["number"]


attempts = []
for view in items("attempts"):
    row = view["attempt"]
    attempts.append(
        {
            "task": row["task"],
            "number": row["number"],
            "centre": view["centre"],
            "pool": row["pool"],
            "placement": view["placement"],
            "engine_job_id": row["engine_id"],
            "engine_job_name": f"dayan-{job.removeprefix('job_')}-{row['task']}-{row['number']}",
            "outcome": row["outcome"],
            "exit_code": row["exit_code"],
            "started_at": row["started_at"],
            "ended_at": row["ended_at"],
            "billed_run": row["billed_run"],
            "charged": row["charged"],
            "outputs": [
                {"path": o["path"], "sha256": o["digest"], "size": o["size"]}
                for o in items("outputs")
                if key(o) == key(row)
            ],
            "entries": [e["id"] for e in items("entries") if key(e) == key(row)],
        }
    )
json.dump(
    {
        "engine": engine,
        "slurm": {
            record.stem.removeprefix("slurm-jobs-"): {
                "ended_jobs": str(record),
                "conf": f"{lab}/{record.stem.removeprefix('slurm-jobs-')}/etc/slurm.conf",
            }
            for record in sorted(folder.glob("slurm-jobs-*.txt"))
        },
        "job": job,
        "video": str(folder / "film.mp4"),
        "attempts": attempts,
        "entries": items("entries"),
        "ledger": json.loads((folder / "ledger.json").read_text()),
    },
    sys.stdout,
    indent=2,
)
print()
