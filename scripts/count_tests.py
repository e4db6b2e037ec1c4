#!/usr/bin/env python3
"""Counts single tests in a ctest JUnit report: prints "passed failed skipped".

A GoogleTest program is one ctest entry with many tests inside, whose own closing lines are counted; any other entry
counts as one. Names what failed or was skipped on standard error.
"""
import re
import sys
import xml.etree.ElementTree as tree

passed = failed = skipped = 0
for case in tree.parse(sys.argv[1]).getroot().iter("testcase"):
    name, status = case.get("name"), case.get("status")
    output = case.findtext("system-out") or ""
    inner_passed = re.search(r"^\[  PASSED  \] (\d+) tests?\.", output, re.M)
    inner_failed = re.search(r"^ ?(\d+) FAILED TESTS?", output, re.M)
    inner_skipped = re.search(r"^\[  SKIPPED \] (\d+) tests?, listed", output, re.M)
    if inner_passed or inner_failed:
        passed += int(inner_passed.group(1)) if inner_passed else 0
        failed += int(inner_failed.group(1)) if inner_failed else 0
        skipped += int(inner_skipped.group(1)) if inner_skipped else 0
        if status == "fail" and not inner_failed:
            failed += 1
    elif status == "run":
        passed += 1
    elif status == "fail":
        failed += 1
    else:
        skipped += 1
    if status == "fail" or inner_failed:
        print(f"failed: {name}", file=sys.stderr)
    if inner_skipped or status not in ("run", "fail"):
        print(f"skipped: {name}", file=sys.stderr)
print(passed, failed, skipped)
