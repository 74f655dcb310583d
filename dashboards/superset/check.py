#!/usr/bin/env python3
"""Accepts the dashboards: imports them twice and changed, asks every chart, compares what a browser shows with the
control totals and the views.

check.py BASE BUNDLE.zip --dsn DSN --chromium PROGRAM --pictures DIR
User and password from SUPERSET_USER and SUPERSET_PASSWORD. Runs in Superset's own Python, for the driver of PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
import urllib.parse
import zipfile
from pathlib import Path
from typing import Any

import psycopg2
from PIL import Image

import audit
import plan
from browser import Browser
from parts import SCHEMA, Dashboard, Yaml, to_yaml, uid
from superset_api import Refused, Superset, session_cookie

PICTURES = {plan.DASHBOARD.slug: "superset-plan.png", audit.DASHBOARD.slug: "superset-audit.png"}
# What Superset keeps, and an import may change.
KINDS = ("database", "dataset", "chart", "dashboard")
# The chart that the test of upgrading changes: another metric, another title.
UPGRADED, OTHER_METRIC, OTHER_TITLE = "audit-acts", "persons", "Лиц, а не актов"

# What the dashboards choose by themselves, found another way than they do.
DEFAULTS = f"""
    SELECT (SELECT MIN(region_name) FROM {SCHEMA}.v_indicator) AS region,
           period_label AS semester, period_code
    FROM {SCHEMA}.v_period
    WHERE period_part IN ('H1', 'H2') AND ends_on < CURRENT_DATE
    ORDER BY ends_on DESC LIMIT 1
"""

# What a chart must show under the default filters: its column, and the question that answers it from the views.
IN_SEMESTER = f"FROM {SCHEMA}.v_obligation WHERE region_name = %(region)s AND due_period_label = %(semester)s"
MUNICIPAL = f"""
    FROM {SCHEMA}.v_indicator
    WHERE level = 'municipality' AND is_official AND region_name = %(region)s AND period_label = %(semester)s
      AND achievement IS NOT NULL
"""
EVENTS = f"FROM {SCHEMA}.v_event"
HEADLINES = {
    "plan-achievement": (
        "achievement_of_row",
        f"SELECT achievement FROM {SCHEMA}.v_indicator WHERE level = 'region' AND indicator_code = 'A' AND is_official"
        " AND region_name = %(region)s AND period_label = %(semester)s",
    ),
    "plan-overdue": ("overdue", f"SELECT COUNT(*) {IN_SEMESTER} AND is_overdue"),
    "plan-done": (
        "done_share",
        f"SELECT AVG(CASE WHEN is_done THEN 1.0 ELSE 0 END) {IN_SEMESTER} AND reached_scheduled = 1",
    ),
    "plan-funnel": (
        "reached_total",
        f"SELECT SUM(reached_scheduled + reached_submitted + reached_accepted) {IN_SEMESTER}",
    ),
    "plan-ranking": ("achievement_of_row", f"SELECT SUM(achievement) {MUNICIPAL} AND indicator_code = 'A'"),
    "plan-heat": ("achievement_of_row", f"SELECT SUM(achievement) {MUNICIPAL} AND indicator_code <> 'A'"),
    "plan-late": ("lateness_days", f"SELECT SUM(lateness_days) {IN_SEMESTER} AND is_overdue"),
    "plan-trend": (
        "achievement_of_territory",
        f"SELECT SUM(achievement) FROM {SCHEMA}.v_indicator WHERE level = 'region' AND indicator_code = 'A' AND is_official"
        " AND region_name = %(region)s AND period_part IN ('H1', 'H2')",
    ),
    "plan-acts": ("*", f"SELECT COUNT(*) {EVENTS} WHERE region_name = %(region)s"),
    "audit-acts": ("acts", f"SELECT COUNT(*) {EVENTS}"),
    "audit-actors": ("persons", f"SELECT COUNT(DISTINCT actor_code) {EVENTS}"),
    "audit-backdated": ("backdated", f"SELECT COUNT(*) {EVENTS} WHERE occurred_on < recorded_on"),
    "audit-on-behalf": ("on_behalf", f"SELECT COUNT(*) {EVENTS} WHERE on_behalf_of IS NOT NULL"),
    "audit-corrections": ("corrections", f"SELECT COUNT(*) {EVENTS} WHERE is_correction"),
    "audit-retractions": ("retractions", f"SELECT COUNT(*) {EVENTS} WHERE is_retraction"),
    "audit-extensions": ("extensions", f"SELECT COUNT(*) {EVENTS} WHERE event_group = 'extension'"),
    "audit-excuses": ("excuses", f"SELECT COUNT(*) {EVENTS} WHERE event_group = 'excuse'"),
    "audit-by-role": ("acts", f"SELECT COUNT(*) {EVENTS}"),
    "audit-by-kind": ("acts", f"SELECT COUNT(*) {EVENTS}"),
    "audit-by-hour": ("acts", f"SELECT COUNT(*) {EVENTS}"),
    "audit-persons": ("acts", f"SELECT COUNT(*) {EVENTS}"),
    "audit-by-day": ("*", f"SELECT COUNT(*) {EVENTS} WHERE {audit.ACTS_OF_PEOPLE}"),
}

# The moment that the data hold for, as the dashboard shows it: in milliseconds.
AS_OF = f"SELECT EXTRACT(EPOCH FROM as_of AT TIME ZONE 'Europe/Moscow') * 1000 FROM {SCHEMA}.v_watermark"
# Control totals that a headline must meet as well: chart, data set, total, indicator, of the semester or of all.
CONTROL_TOTALS = [
    ("plan-achievement", "v_indicator", "value", "A", True),
    ("plan-overdue", "v_obligation", "overdue", "-", True),
    ("audit-acts", "v_event", "rows", "-", False),
]
# Of each indicator: the sum of numerators over the sum of denominators.
RATIOS = f"""
    SELECT n.total / d.total FROM {SCHEMA}.v_control_total AS n
    JOIN {SCHEMA}.v_control_total AS d USING (data_set, period_code, indicator_code)
    WHERE n.total_code = 'numerator' AND d.total_code = 'denominator' AND data_set = 'v_indicator'
      AND period_code = %(period)s AND indicator_code = %(indicator)s
"""


class Acceptance:
    """Asks, compares, counts what is wrong."""

    def __init__(self, api: Superset, dsn: str) -> None:
        self.api = api
        self.failures = 0
        self._database = psycopg2.connect(dsn)
        self._database.set_session(readonly=True, autocommit=True)
        region, semester, period = self.one_row(DEFAULTS, {})
        self.chosen = {"region": region, "semester": semester, "period": period}
        self.began_at = self.one_row(AS_OF, {})[0]

    def one_row(self, sql: str, values: dict[str, Any]) -> tuple[Any, ...]:
        with self._database.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone() or (None,)

    def tell(self, good: bool, text: str) -> None:
        self.failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {text}", flush=True)

    def same(self, name: str, shown: Any, expected: Any) -> None:
        good = shown is not None and expected is not None and math.isclose(float(shown), float(expected), rel_tol=1e-9)
        self.tell(good, f"{name}: shown {shown}, expected {expected}")

    def charts(self, dashboard: Dashboard) -> dict[int, str]:
        """The keys of the dashboard's charts by the ids that Superset gave them."""
        keys = {uid("chart", key): key for key in dashboard.charts}
        query = urllib.parse.quote("(columns:!(id,uuid),page_size:100)")
        there = self.api.get(f"/api/v1/chart/?q={query}")["result"]
        return {chart["id"]: keys[chart["uuid"]] for chart in there if chart["uuid"] in keys}

    def objects(self) -> dict[str, dict[str, int]]:
        """Everything that Superset keeps: ids by identity."""
        page = "(page_size:1000)"
        found = {kind: self.api.get(f"/api/v1/{kind}/?q={urllib.parse.quote(page)}")["result"] for kind in KINDS}
        return {kind: {one["uuid"]: one["id"] for one in found[kind]} for kind in KINDS}

    def imports_twice(self, bundle: Path) -> None:
        self.api.import_assets(bundle)
        first = self.objects()
        self.api.import_assets(bundle)
        counts = ", ".join(f"{len(first[kind])} {kind}" for kind in KINDS)
        self.tell(self.objects() == first, f"the second import makes nothing new: {counts}")
        there = len(first["chart"]), len(first["dashboard"])
        ours = len(plan.DASHBOARD.charts) + len(audit.DASHBOARD.charts), 2
        self.tell(there == ours, f"all is there: {there[0]} of {ours[0]} charts, {there[1]} of {ours[1]} dashboards")

    def upgrades(self, bundle: Path) -> None:
        """Imports a bundle with one chart changed, and then the true one again."""
        number = self.objects()["chart"][uid("chart", UPGRADED)]
        before = self.objects()
        for what, file, title in (("changed", changed(bundle), OTHER_TITLE), ("true", bundle, None)):
            self.api.import_assets(file)
            shown = self.api.get(f"/api/v1/chart/{number}")["result"]["slice_name"]
            answer = self.api.get(f"/api/v1/chart/{number}/data/?force=true")["result"][0]["data"][0]
            metric = OTHER_METRIC if title else "acts"
            good = shown == (title or audit.DASHBOARD.charts[UPGRADED].title) and list(answer) == [metric]
            self.tell(good, f"the {what} bundle is what is shown: «{shown}» {answer}")
        self.tell(self.objects() == before, "an upgrade keeps every id")

    def ask_every_chart(self, dashboard: Dashboard) -> None:
        for number, key in sorted(self.charts(dashboard).items(), key=lambda pair: pair[1]):
            try:
                forced, rows = self._timed(f"/api/v1/chart/{number}/data/?force=true")
                cached, _ = self._timed(f"/api/v1/chart/{number}/data/")
            except Refused as refusal:
                self.tell(False, f"{key}: {refusal}")
                continue
            self.tell(rows > 0, f"{key}: {rows} rows, {forced:.0f} ms, from the cache {cached:.0f} ms")

    def _timed(self, path: str) -> tuple[float, int]:
        began = time.monotonic()
        answer = self.api.get(path)["result"][0]
        return (time.monotonic() - began) * 1000, answer["rowcount"]

    def compare_shown(self, dashboard: Dashboard, answers: dict[int, Any]) -> None:
        """Compares what the browser was answered, with the filters that it chose itself, with the views."""
        keys = self.charts(dashboard)
        shown = {keys[number]: answer["result"][0]["data"] for number, answer in answers.items()}
        for key in dashboard.charts:
            if not shown.get(key):
                self.tell(False, f"{key}: no rows in the browser")
        for key, (column, sql) in HEADLINES.items():
            if key in shown:
                self.same(key, total(shown[key], column), self.one_row(sql, self.chosen)[0])
        if "plan-as-of" in shown:
            # It moves on while the service lives, and Superset's cache may be a minute behind.
            as_of, now_at = shown["plan-as-of"][0]["as_of_moscow"], self.one_row(AS_OF, {})[0]
            good = self.began_at - 1 <= as_of <= now_at + 1
            self.tell(good, f"plan-as-of: shown {as_of}, between {self.began_at} and {now_at}")
        for key, data_set, code, indicator, of_semester in CONTROL_TOTALS:
            if key in shown:
                sql = (
                    f"SELECT total FROM {SCHEMA}.v_control_total WHERE data_set = %(set)s AND total_code = %(code)s"
                    " AND period_code = %(period)s AND indicator_code = %(indicator)s"
                )
                period = self.chosen["period"] if of_semester else "-"
                values = {"set": data_set, "code": code, "period": period, "indicator": indicator}
                expected = self.one_row(sql, values)[0]
                self.same(f"{key} and the control total", total(shown[key], HEADLINES[key][0]), expected)
        for row in shown.get("plan-indicators", []):
            indicator = row["indicator_code"]
            expected = self.one_row(RATIOS, {**self.chosen, "indicator": indicator})[0]
            self.same(f"plan-indicators {indicator} and the control totals", row["ratio"], expected)


def changed(bundle: Path) -> Path:
    """The bundle with one chart changed as an upgrade would."""
    chart: Yaml = audit.DASHBOARD.charts[UPGRADED].file()
    context = json.loads(chart["query_context"])
    context["queries"][0]["metrics"] = [OTHER_METRIC]
    chart |= {"slice_name": OTHER_TITLE, "query_context": json.dumps(context, ensure_ascii=False)}
    chart["params"]["metric"] = OTHER_METRIC
    into = bundle.with_suffix(".changed.zip")
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(into, "w") as target:
        for name in source.namelist():
            target.writestr(name, to_yaml(chart) if name.endswith(f"/{UPGRADED}.yaml") else source.read(name))
    return into


def total(rows: list[dict[str, Any]], column: str) -> float | None:
    """The sum of a column, or with `*` of all numbers but the axis of time."""
    if column == "*":
        return sum(value for row in rows for name, value in row.items() if name != "recorded_on" and value is not None)
    values = [row[column] for row in rows if row[column] is not None]
    return math.fsum(values) if values else None


def time_range(since: str, until: str) -> str:
    """The filter of the auditor's dashboard as its address carries it, in Superset's notation."""
    value = f"'{since} : {until}'"
    state = f"(extraFormData:(time_range:{value}),filterState:(value:{value}),id:NATIVE_FILTER-time,ownState:())"
    return urllib.parse.quote(f"(NATIVE_FILTER-time:{state})")


def accept(asked: argparse.Namespace) -> int:
    user, password = os.environ["SUPERSET_USER"], os.environ["SUPERSET_PASSWORD"]
    acceptance = Acceptance(Superset(asked.base, user, password), asked.dsn)
    print(f"chosen by default: {acceptance.chosen}")

    acceptance.imports_twice(asked.bundle)
    acceptance.upgrades(asked.bundle)

    with Browser(asked.chromium, session_cookie(asked.base, user, password)) as browser:
        for dashboard in (plan.DASHBOARD, audit.DASHBOARD):
            acceptance.ask_every_chart(dashboard)
            began = time.monotonic()
            answers = browser.show(f"{asked.base}/superset/dashboard/{dashboard.slug}/")
            print(f"     {dashboard.slug}: drawn after {time.monotonic() - began:.1f} s")
            acceptance.compare_shown(dashboard, answers)
            picture = asked.pictures / PICTURES[dashboard.slug]
            browser.picture(picture)
            few_colours(picture)

        sql = f"SELECT MAX(recorded_on) - 90, MAX(recorded_on) - 30 {EVENTS} WHERE {audit.ACTS_OF_PEOPLE}"
        middle = acceptance.one_row(sql, {})
        since, until = (day.isoformat() for day in middle)
        address = f"{asked.base}/superset/dashboard/{audit.DASHBOARD.slug}/?native_filters={time_range(since, until)}"
        answers = browser.show(address)
        keys = acceptance.charts(audit.DASHBOARD)
        sql = f"SELECT COUNT(*) {EVENTS} WHERE recorded_at >= %(since)s AND recorded_at < %(until)s"
        expected = acceptance.one_row(sql, {"since": f"{since} 00:00Z", "until": f"{until} 00:00Z"})[0]
        for number, answer in answers.items():
            if keys[number] in ("audit-acts", "audit-by-role", "audit-persons"):
                shown = total(answer["result"][0]["data"], "acts")
                acceptance.same(f"{keys[number]} from {since} to {until}", shown, expected)
    return acceptance.failures


def few_colours(picture: Path) -> None:
    """Rewrites a picture with a palette: half of the size, and nobody sees it."""
    with Image.open(picture) as image:
        palette = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
        palette.save(picture, optimize=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("base")
    options.add_argument("bundle", type=Path)
    options.add_argument("--dsn", required=True)
    options.add_argument("--chromium", required=True)
    options.add_argument("--pictures", type=Path, required=True)
    failures = accept(options.parse_args())
    print(f"FAILED: {failures}" if failures else "every chart answers, every number agrees")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
