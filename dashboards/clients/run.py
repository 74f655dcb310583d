#!/usr/bin/env python3
"""Reads what Vekha gives with the tools that people use, and compares every cell and every control total.

    run.py [--schools 10] [--only files,office,served,metadata,database,odbc,process]

A PostgreSQL, the demo that fills it, and `vekha export` of the same state in every format; then each client, in a
Python of its own. Prints a line for each comparison. Exit codes: 0 all agree, 1 something differs, 2 wrong use.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from stage import Failed, Stage, binary, get  # noqa: E402

# Each client, the Python that has its packages.
CLIENTS = {
    "files": "clients-python",
    "office": "clients-python",
    "served": "clients-python",
    "metadata": "clients-python",
    "database": "clients-python",
    "odbc": "libreoffice",
    "process": "pm4py",
}
EXPORTS = {
    "csv": ("--format", "csv"),
    "excel-ru": ("--format", "csv", "--dialect", "excel-ru"),
    "xlsx": ("--format", "xlsx"),
    "parquet": ("--format", "parquet"),
    "ocel": ("--format", "ocel", "--time", "recorded"),
}


def export(data: Path, files: Path) -> None:
    """One state in every format: all of them say the same moment."""
    as_of = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for form, flags in EXPORTS.items():
        command = [binary(), "export", str(files / form), *flags, "--data", str(data), "--as-of", as_of]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{' '.join(command)}: {done.stderr}")


def log(demo: dict[str, Any], into: Path) -> None:
    """The whole log, an event a line, as the change feed gives it."""
    after, limit = 0, 10_000
    with into.open("wb") as out:
        while True:
            request = urllib.request.Request(f"{demo['url']}/api/v1/feed?after={after}&limit={limit}")
            request.add_header("Authorization", f"Bearer {demo['tokens']['auditor']}")
            with urllib.request.urlopen(request, timeout=120) as answer:
                lines = answer.read().splitlines()
            out.writelines(line + b"\n" for line in lines)
            if len(lines) < limit:
                return
            after = json.loads(lines[-1])["seq"]


def run(client: str, told: dict[str, str]) -> bool:
    """One client; what it says goes through."""
    tool = get(CLIENTS[client])
    # LibreOffice brings drivers, and is asked by the Python that runs this.
    python = sys.executable if CLIENTS[client] == "libreoffice" else f"{tool}/python"
    done = subprocess.run([python, "-B", str(HERE / f"{client}.py"), json.dumps(told)])
    if done.returncode:
        print(f"{client}: FAILED", file=sys.stderr)
    return done.returncode == 0


def main() -> int:
    """Everything, or what --only names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schools", type=int, default=10)
    parser.add_argument("--only", default=",".join(CLIENTS), help="clients, by comma")
    given = parser.parse_args()
    clients = given.only.split(",")
    if unknown := [client for client in clients if client not in CLIENTS]:
        parser.error(f"there is no client {unknown[0]}; there are {', '.join(CLIENTS)}")
    with Stage() as stage:
        owner = stage.postgres()
        demo = stage.demo(owner, given.schools)
        files = stage.folder / "export"
        export(stage.folder / "vekha", files)
        log(demo, stage.folder / "log.ndjson")
        told = {
            "files": str(files),
            "ocel": str(files / "ocel" / "vekha.ocel.json"),
            "log": str(stage.folder / "log.ndjson"),
            "url": demo["url"],
            "token": demo["tokens"]["admin"],
            "dsn": owner,
            "office": get("libreoffice"),
            "schemas": f"{get('odata-schema')}/node_modules/odata-csdl/schemas",
        }
        failed = [client for client in clients if not run(client, told)]
    print(json.dumps({"clients": clients, "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"clients: {failure}", file=sys.stderr)
        sys.exit(1)
