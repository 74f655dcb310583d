#!/usr/bin/env python3
"""Makes Grafana's dashboards from the data contract and the declarations in plan.py and operations.py.

make_dashboards.py           writes dashboards/*.json anew
make_dashboards.py --check   fails where they are not what would be written
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Behind our own folder: the measures are Superset's, so that both show the same numbers.
sys.path.append(str(HERE.parent / "superset"))

import operations  # noqa: E402
import plan  # noqa: E402

FOLDER = HERE / "dashboards"
DASHBOARDS = [plan.DASHBOARD, operations.DASHBOARD]


def texts() -> dict[str, str]:
    """The files, by name."""
    return {f"{one['uid']}.json": json.dumps(one, ensure_ascii=False, indent=2) + "\n" for one in DASHBOARDS}


def write() -> None:
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def check() -> list[str]:
    """The files that differ from what would be written."""
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    made = texts()
    return sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))


def main() -> None:
    if sys.argv[1:] == ["--check"]:
        differing = check()
        if differing:
            sys.exit("not what make_dashboards.py writes:\n  " + "\n  ".join(differing))
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        write()


if __name__ == "__main__":
    main()
