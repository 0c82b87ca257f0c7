"""Print one closing line for several pytest runs, from their XML reports."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(names: list[str]) -> int:
    total = failed = skipped = 0
    for name in names:
        for suite in ElementTree.parse(Path(name)).iter("testsuite"):
            total += int(suite.get("tests", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped += int(suite.get("skipped", 0))
    line = f"{total - failed - skipped} passed, {failed} failed"
    print(line + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
