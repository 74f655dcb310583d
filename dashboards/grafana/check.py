#!/usr/bin/env python3
"""Tests Grafana's dashboards without a Grafana: by its types, by the real database, and by a real Prometheus.

check.py                                        over a school year of the demo
check.py --database ADDRESS --demo DEMO.JSON    over a database and a demo that are there
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from make_dashboards import DASHBOARDS, HERE

sys.path.append(str(HERE.parent))
from stage import ROOT, Failed, Stage, free_port, get, rows  # noqa: E402

OPERATIONS = ROOT / "docs/operations.md"
# The time that the panels show: the last years, as the dashboard opens.
SINCE, UNTIL = "2020-09-01T00:00:00Z", "2032-08-31T23:59:59Z"
INTERVAL, INTERVAL_SECONDS = "1d", 86_400
SCRAPES = 6
# Metrics that a scrape of a healthy service may lack: they begin with the first trouble or the first checkpoint.
RARE = {"vekha_checkpoint_seconds", "vekha_checkpoint_failures_total", "vekha_mart_failures_total"}
METRIC = re.compile(r"vekha_[a-z_]+")
SUFFIX = re.compile(r"_(bucket|sum|count)$")
# What must agree with the published totals: panel, column, and the total.
TOTALS = {
    "Достижение региона": ("achievement", "v_indicator", "value", "A"),
    "Просрочено": ("overdue", "v_obligation", "overdue", "-"),
}


@dataclass
class Report:
    failures: int = 0
    checked: dict[str, int] = field(default_factory=dict)

    def tell(self, kind: str, good: bool, text: str) -> None:
        self.failures += not good
        self.checked[kind] = self.checked.get(kind, 0) + 1
        print(f"{'ok  ' if good else 'FAIL'} {kind}: {text}", flush=True)


def types(stage: Stage, report: Report) -> None:
    """Compiles each dashboard as a constant of the type that schema/types.ts makes of Grafana's own."""
    tools, folder = get("grafana-schema"), stage.folder / "types"
    folder.mkdir()
    (folder / "node_modules").symlink_to(f"{tools}/node_modules")
    for name in ("types.ts", "tsconfig.json"):
        shutil.copy(HERE / "schema" / name, folder)
    for one in DASHBOARDS:
        text = json.dumps(one, ensure_ascii=False, indent=1)
        head = 'import type { OurDashboard } from "./types";\nexport default '
        (folder / f"{one['uid']}.ts").write_text(f"{head}{text} satisfies OurDashboard;\n", encoding="utf-8")
    compiler = [f"{get('node')}/node", f"{tools}/node_modules/typescript/bin/tsc", "--project", folder]
    done = subprocess.run(compiler, capture_output=True, text=True)
    report.tell("types", done.returncode == 0, f"{len(DASHBOARDS)} dashboards {done.stdout[:3000]}")


def expand(sql: str, chosen: dict[str, str]) -> str:
    """A query as Grafana sends it: its variables first, then its macros."""
    for name, value in {**chosen, "__interval": INTERVAL}.items():
        quoted = value.replace("'", "''")
        sql = sql.replace(f"${{{name}:sqlstring}}", f"'{quoted}'").replace(f"${name}", value)
    return re.sub(r"\$(__[A-Za-z]+)\(([^)]*)\)", macro, sql)


def macro(found: re.Match[str]) -> str:
    """The macros that we use, as Grafana's data source for PostgreSQL expands them; its others are refused here."""
    column, *more = (part.strip() for part in found[2].split(","))
    if found[1] == "__timeFilter":
        return f"{column} BETWEEN '{SINCE}' AND '{UNTIL}'"
    if found[1] == "__timeGroupAlias" and more == [INTERVAL]:
        return f'floor(extract(epoch from {column})/{INTERVAL_SECONDS})*{INTERVAL_SECONDS} AS "time"'
    raise Failed(f"no expansion of {found[0]}")


def choose(address: str, variables: list[dict[str, Any]], which: dict[str, int]) -> dict[str, str]:
    """What the variables are at first, or the value that `which` names by its place."""
    chosen: dict[str, str] = {}
    for variable in variables:
        values = [next(iter(row.values())) for row in rows(address, expand(variable["query"], chosen))]
        chosen[variable["name"]] = values[which.get(variable["name"], 0)]
    return chosen


def queries(address: str, report: Report) -> None:
    """Runs every query with the first choice, and with a municipality chosen."""
    plan = DASHBOARDS[0]
    for which in ({}, {"municipality": 1}):
        chosen = choose(address, plan["templating"]["list"], which)
        print(f"     chosen: {chosen}")
        for panel in plan["panels"]:
            for target in panel["targets"]:
                found = answered(address, target, chosen, report, panel["title"])
                # A municipality may have nothing overdue; every other panel always shows something.
                empty_is_fine = bool(which) and "is_overdue" in target["rawSql"]
                report.tell("SQL", bool(found) or empty_is_fine, f"{panel['title']}: {len(found)} rows")
                if not which and panel["title"] in TOTALS:
                    total(address, panel["title"], found, chosen, report)


def answered(
    address: str, target: dict[str, Any], chosen: dict[str, str], report: Report, title: str
) -> list[dict[str, str]]:
    try:
        found = rows(address, expand(target["rawSql"], chosen))
    except Failed as failed:
        report.tell("SQL", False, f"{title}: {failed}")
        return []
    if target["format"] == "time_series" and found:
        report.tell("SQL", list(found[0]) == ["time", "metric", "value"], f"{title}: its columns are those of a series")
    return found


def total(address: str, title: str, found: list[dict[str, str]], chosen: dict[str, str], report: Report) -> None:
    column, data_set, code, indicator = TOTALS[title]
    semester = chosen["semester"].replace("'", "''")
    expected = rows(
        address,
        f"SELECT total FROM vekha_bi.v_control_total WHERE data_set = '{data_set}' AND total_code = '{code}'"
        f" AND indicator_code = '{indicator}' AND period_label = '{semester}'",
    )
    shown = float(found[0][column]) if found else None
    good = bool(expected) and shown is not None and abs(shown - float(expected[0]["total"])) < 1e-9
    report.tell("total", good, f"{title}: shown {shown}, published {expected}")


def prometheus(stage: Stage, demo: dict[str, Any]) -> str:
    """Starts a Prometheus that scrapes the service every second."""
    home = stage.folder / "prometheus"
    home.mkdir(mode=0o700)
    (home / "token").write_text(demo["tokens"]["admin"])
    service = urllib.parse.urlsplit(demo["url"]).netloc
    job = {
        "job_name": "vekha",
        "authorization": {"credentials_file": str(home / "token")},
        "static_configs": [{"targets": [service]}],
    }
    # JSON is YAML.
    (home / "prometheus.yml").write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}))
    address = f"127.0.0.1:{free_port()}"
    flags = [
        f"--config.file={home}/prometheus.yml",
        f"--storage.tsdb.path={home}/data",
        f"--web.listen-address={address}",
    ]
    stage.start("prometheus", get("prometheus"), *flags)
    base = f"http://{address}"
    stage.wait("prometheus", lambda: len(instant(base, "count_over_time(up[1m]) > 0")) > 0)
    return base


def instant(base: str, expression: str) -> list[Any]:
    """The series that an expression gives now; none while Prometheus does not answer. Refused is an error."""
    url = f"{base}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return list(json.load(answer)["data"]["result"])
    except urllib.error.HTTPError as error:
        raise Failed(f"{error.read().decode()} in: {expression}") from error
    except urllib.error.URLError:
        return []


def stir(demo: dict[str, Any], at: int) -> None:
    """Lets the service do what its metrics tell of: reads of now and of the past."""
    # A state of the past is counted when it is folded, so each time another is asked for.
    past = f"2023-01-16T12:00:{at:02}Z"
    for path in ("/api/v1/indicators", f"/api/v1/values?level=region&as_of={past}"):
        rows_of(demo, path, "ministry")


def rows_of(demo: dict[str, Any], path: str, role: str) -> Any:
    request = urllib.request.Request(demo["url"] + path, headers={"Authorization": f"Bearer {demo['tokens'][role]}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def expressions(stage: Stage, demo: dict[str, Any], report: Report) -> None:
    """Asks Prometheus every expression, and holds the names of metrics to the scrape and to the operators' page."""
    base = prometheus(stage, demo)
    for at in range(SCRAPES):
        stir(demo, at)
        time.sleep(1)
    request = urllib.request.Request(f"{demo['url']}/metrics")
    request.add_header("Authorization", f"Bearer {demo['tokens']['admin']}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        scraped = {SUFFIX.sub("", name) for name in METRIC.findall(answer.read().decode())}
    told = set(METRIC.findall(OPERATIONS.read_text(encoding="utf-8")))
    for panel in DASHBOARDS[1]["panels"]:
        for target in panel["targets"]:
            names = {SUFFIX.sub("", name) for name in METRIC.findall(target["expr"])}
            strange = sorted(names - (scraped | RARE)) + sorted(names - told)
            report.tell(
                "metric",
                not strange,
                f"{panel['title']}: {' '.join(sorted(names))}{' lacks: ' if strange else ''}{' '.join(strange)}",
            )
            expression = target["expr"]
            for name, value in {"$__rate_interval": "10s", "$__range": "60s", "$job": "vekha"}.items():
                expression = expression.replace(name, value)
            try:
                found = instant(base, expression)
                report.tell("PromQL", bool(found) or bool(names & RARE), f"{panel['title']}: {len(found)} series")
            except Failed as failed:
                report.tell("PromQL", False, f"{panel['title']}: {failed}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--schools", type=int, default=510)
    options.add_argument("--database")
    options.add_argument("--demo", type=Path)
    asked = options.parse_args()
    report = Report()
    try:
        with Stage() as stage:
            types(stage, report)
            if asked.database:
                address, demo = asked.database, json.loads(asked.demo.read_text()) if asked.demo else None
            else:
                owner = stage.postgres()
                demo = stage.demo(owner, asked.schools)
                address = stage.reader(owner)
            queries(address, report)
            if demo:
                expressions(stage, demo, report)
    except Failed as failed:
        sys.exit(f"grafana: {failed}")
    print(", ".join(f"{kind}: {count} checks" for kind, count in report.checked.items()))
    sys.exit(f"FAILED: {report.failures}" if report.failures else 0)


if __name__ == "__main__":
    main()
