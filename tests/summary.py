#!/usr/bin/env python3
"""The totals of a test run, from meson's log: "N passed, N failed".

A gst-check suite counts its checks, a TAP test its points, anything else
counts as one. Above the totals stands a line for each failure.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import re
import sys

CHECK = re.compile(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)")
TAP = re.compile(r"^(not )?ok \d+(?!.*# SKIP)", re.MULTILINE)
FAILURE = re.compile(r"^(?:not ok \d+.*|.*\.[ch]:\d+:[FE]:.*)", re.MULTILINE)


def count(test):
    """How many passed and failed in one test of the log."""
    text = test.get("stdout") or ""
    ended_well = test["result"] in ("OK", "EXPECTEDFAIL")
    totals = CHECK.findall(text)
    points = TAP.findall(text)
    if totals:
        checks, failures, errors = (sum(int(t[i]) for t in totals)
                                    for i in range(3))
        failed = failures + errors
        passed = checks - failed
    elif points:
        failed = sum(1 for point in points if point)
        passed = len(points) - failed
    else:
        passed, failed = (1, 0) if ended_well else (0, 1)
    if not ended_well and failed == 0:
        failed = 1
    return passed, failed


def report(test):
    """Print each failure of one test, or how it ended and its last words."""
    text = test.get("stdout") or ""
    found = FAILURE.findall(text)
    if not found:
        found = (text + "\n" + (test.get("stderr") or "")).split("\n")[-10:]
    for line in [test["result"]] + found:
        print(f"failed: {re.split(' / |:', test['name'])[-1]}: {line}")


def main():
    passed = failed = 0
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] == "SKIP":
                continue
            test_passed, test_failed = count(test)
            passed += test_passed
            failed += test_failed
            if test_failed:
                report(test)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
