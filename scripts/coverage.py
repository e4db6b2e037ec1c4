#!/usr/bin/env python3
"""Prints how much of each room the tests reached, from the profile in a build folder: lines and branches, per cent.

usage: coverage.py BUILD_FOLDER (with tests.profdata, and the programs that wrote it)
"""
import collections
import json
import pathlib
import subprocess
import sys

build = pathlib.Path(sys.argv[1])
programs = sorted(path for path in build.iterdir()
                  if path.is_file() and (path.name.endswith("_test") or path.name == "dayan"))
command = ["llvm-cov-19", "export", "-summary-only", f"-instr-profile={build / 'tests.profdata'}", str(programs[0])]
for program in programs[1:]:
    command += ["-object", str(program)]
report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in report["data"][0]["files"]:
    path = pathlib.Path(file["filename"])
    if "src" not in path.parts or path.name.endswith(("_test.cpp", "_for_tests.h")) or path.name.startswith("test_"):
        continue
    sums = rooms[path.parts[path.parts.index("src") + 1]]
    for i, kind in enumerate(("lines", "branches")):
        sums[2 * i] += file["summary"][kind]["covered"]
        sums[2 * i + 1] += file["summary"][kind]["count"]


def percent(covered, count):
    return f"{100 * covered / count:6.1f}" if count else "     -"


total = [sum(column) for column in zip(*rooms.values())]
print(f"{'room':<12}{'lines':>8}{'lines %':>9}{'branches %':>12}")
for name, (lines, all_lines, branches, all_branches) in [*sorted(rooms.items()), ("all", total)]:
    print(f"{name:<12}{all_lines:>8}{percent(lines, all_lines):>9}{percent(branches, all_branches):>12}")
