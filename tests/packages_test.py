"""What scripts/demo installs is enough to configure a build: a machine that only ever ran the demo has nothing else.

Whatever CMake found on this machine (the paths of its cache) belongs to a package that is of the demo's groups, is needed
by one of these, or is part of every Debian. Usage: packages_test.py PROJECT BUILD
"""

import pathlib
import re
import subprocess
import sys

project, build = map(pathlib.Path, sys.argv[1:])


def packages_of(groups):
    rows = [line.split() for line in (project / "scripts/packages.txt").read_text().splitlines()]
    return {row[1] for row in rows if row and row[0] in groups}


def installed():
    """Every installed package, with what it depends on, alternatives included; and those that every Debian has."""
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f=${Package}\t${Priority}\t${Depends}, ${Pre-Depends}, ${Provides}\n"],
        capture_output=True, text=True, check=True).stdout
    needs, everywhere = {}, set()
    for line in listed.splitlines():
        name, priority, depends = line.split("\t")
        needs.setdefault(name, set()).update(re.findall(r"(?:^|[,|]\s*)([a-z0-9][a-z0-9+.-]+)", depends))
        if priority in ("required", "important", "standard"):
            everywhere.add(name)
    return needs, everywhere


# Where Slurm cannot be installed the demo goes on without it: what it needs to build must not come with Slurm.
script = (project / "scripts/demo").read_text()
groups = re.search(r"^install_packages (.*)$", script, re.M).group(1).split()
needs, present = installed()
waiting = packages_of(groups) | present
assert waiting, f"scripts/demo installs nothing of {groups}"
while waiting:
    present |= waiting
    waiting = {need for name in waiting for need in needs.get(name, ())} - present

missing = []
for line in (build / "CMakeCache.txt").read_text().splitlines():
    found = re.match(r"([A-Za-z0-9_.-]+):(?:FILEPATH|PATH|INTERNAL|STRING)=(/usr/\S+|/lib/\S+)$", line)
    if not found or not pathlib.Path(found[2]).is_file() and not found[1].endswith("_DIR"):
        continue
    path = pathlib.Path(found[2]).resolve()
    owner = subprocess.run(["dpkg", "-S", str(path)], capture_output=True, text=True).stdout
    owners = {part.strip().split(":")[0] for part in owner.rsplit(": ", 1)[0].split(",")} if owner else set()
    if owners and not owners & present:
        missing.append(f"{found[1]} is {path}, of {', '.join(sorted(owners))}: scripts/packages.txt has it in no group of {groups}")
print("\n".join(missing) or "passed")
sys.exit(1 if missing else 0)
