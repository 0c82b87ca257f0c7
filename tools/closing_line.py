"""Print one closing line for several pytest runs, from their XML reports.

A test that failed in 3.12.xml and passed in 3.12.second.xml has passed, and is named.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def outcomes(report: Path) -> dict[str, str]:
    """Each test of a run by its name: passed, failed or skipped."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        tags = {child.tag for child in case}
        if tags & {"failure", "error"}:
            found[name] = "failed"
        elif found.get(name) != "failed":  # an error on the way out is a case of its own
            found[name] = "skipped" if "skipped" in tags else "passed"
    return found


def after_second_try(report: Path) -> dict[str, str]:
    first = outcomes(report)
    second = report.with_suffix(".second.xml")
    if second.exists():
        for name, outcome in outcomes(second).items():
            if outcome == "passed" and first.get(name) == "failed":
                print(f"{report.stem}: passed at the second try only: {name}")
                first[name] = outcome
    return first


def main(arguments: list[str]) -> int:
    reports = [Path(name) for name in arguments if not name.endswith(".second.xml")]
    all_of_them = [one for report in reports for one in after_second_try(report).values()]
    failed, skipped = all_of_them.count("failed"), all_of_them.count("skipped")
    line = f"{len(all_of_them) - failed - skipped} passed, {failed} failed"
    print(line + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
