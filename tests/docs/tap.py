"""Tells the outcome of checks in the Test Anything Protocol.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


class Points:
    """Numbers the points."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, holds, name, *why):
        """One point: `why` says what is wrong if it does not hold."""
        self.count += 1
        self.failed += not holds
        print(f"{'ok' if holds else 'not ok'} {self.count} {name}")
        for line in [] if holds else "\n".join(map(str, why)).splitlines():
            print(f"# {line}")
        sys.stdout.flush()
        return holds

    def skip(self, name, why):
        """A point that was not looked at."""
        self.count += 1
        print(f"ok {self.count} {name} # SKIP {why}")


def main(*checks):
    """Makes the points of each, prints the plan and leaves."""
    points = Points()
    for check in checks:
        check(points)
    print(f"1..{points.count}")
    sys.exit(1 if points.failed else 0)


def differences(documented, found):
    """How two sets differ, in words; empty if they don't."""
    lines = [f"in the code, not in the docs: {item}"
             for item in sorted(set(found) - set(documented))]
    lines += [f"in the docs, not in the code: {item}"
              for item in sorted(set(documented) - set(found))]
    return "\n".join(lines)
