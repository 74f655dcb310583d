#!/usr/bin/env python3
"""Makes the bundle for Superset 6: the tree `bundle/` from the data contract and the dashboards, and the zip of it.

make_bundle.py            writes `bundle/` anew
make_bundle.py --check    fails where `bundle/` is not what would be written
make_bundle.py --zip FILE [--uri URI]
                          packs `bundle/`, the same bytes each time; URI is the database for SQLAlchemy and holds no
                          password: the server of Superset finds it by PGPASSFILE
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

import audit
import plan
from datasets import datasets
from parts import DATABASE, Yaml, to_yaml, uid

BUNDLE = Path(__file__).parent / "bundle"
URI = "postgresql+psycopg2://vekha_bi_reader@127.0.0.1:5432/vekha"
DATABASE_FILE = "databases/Vekha.yaml"


def database(uri: str) -> Yaml:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": uri,
        "cache_timeout": 60,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True, "metadata_params": {}, "engine_params": {}},
        "uuid": uid("database", DATABASE),
        "version": "1.0.0",
    }


def files() -> dict[str, Yaml]:
    """Everything in the bundle, by path."""
    made: dict[str, Yaml] = {
        # Only `assets` replaces what an earlier import made; the date is the same so that the bytes are.
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"},
        DATABASE_FILE: database(URI),
        **datasets(),
    }
    for dashboard in (plan.DASHBOARD, audit.DASHBOARD):
        made[f"dashboards/{dashboard.slug}.yaml"] = dashboard.file()
        made |= {f"charts/{chart.key}.yaml": chart.file() for chart in dashboard.charts.values()}
    return made


def texts() -> dict[str, str]:
    return {path: to_yaml(content) for path, content in files().items()}


def write() -> None:
    made = texts()
    for path in BUNDLE.rglob("*.yaml"):
        if str(path.relative_to(BUNDLE)) not in made:
            path.unlink()
    for name, text in made.items():
        path = BUNDLE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check() -> list[str]:
    """The files that differ from what would be written."""
    there = {str(path.relative_to(BUNDLE)): path.read_text(encoding="utf-8") for path in BUNDLE.rglob("*.yaml")}
    made = texts()
    return sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))


def pack(into: Path, uri: str) -> None:
    with zipfile.ZipFile(into, "w") as archive:
        for path in sorted(BUNDLE.rglob("*.yaml")):
            name = str(path.relative_to(BUNDLE))
            entry = zipfile.ZipInfo(f"vekha/{name}", (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(
                entry, to_yaml(database(uri)) if name == DATABASE_FILE else path.read_text(encoding="utf-8")
            )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    options.add_argument("--zip", type=Path)
    options.add_argument("--uri", default=URI)
    asked = options.parse_args()
    if asked.check:
        differing = check()
        if differing:
            sys.exit("not what make_bundle.py writes:\n  " + "\n  ".join(differing))
    elif asked.zip:
        pack(asked.zip, asked.uri)
    else:
        write()


if __name__ == "__main__":
    main()
