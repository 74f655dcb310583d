"""Holds the bundle to itself: it is what the contract gives, the same bytes each time, and names only what is there."""

import io
import json
import re
import tempfile
import tomllib
import unittest
import zipfile
from pathlib import Path

import audit
import make_bundle
import plan
from datasets import CONTRACT, METRICS, datasets
from parts import uid

DASHBOARDS = (plan.DASHBOARD, audit.DASHBOARD)
CHARTS = {key: chart for dashboard in DASHBOARDS for key, chart in dashboard.charts.items()}
SETS = {file["table_name"]: file for file in datasets().values()}
# Words of SQL in the conditions of charts that are no columns.
SQL = {"and", "or", "not", "in", "is", "null"}


def columns_of(data_set: str) -> set[str]:
    return {column["column_name"] for column in SETS[data_set]["columns"]}


class Bundle(unittest.TestCase):
    def test_what_is_committed_is_what_the_contract_gives(self) -> None:
        self.assertEqual(make_bundle.check(), [], "python3 dashboards/superset/make_bundle.py")

    def test_a_zip_has_the_same_bytes_each_time(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            zips = [Path(folder) / name for name in ("one.zip", "two.zip")]
            for path in zips:
                make_bundle.pack(path, make_bundle.URI)
            first, second = (path.read_bytes() for path in zips)
        self.assertEqual(first, second)
        with zipfile.ZipFile(io.BytesIO(first)) as archive:
            self.assertEqual(len(archive.namelist()), len(make_bundle.files()))

    def test_the_address_in_the_bundle_has_no_password(self) -> None:
        self.assertRegex(make_bundle.files()[make_bundle.DATABASE_FILE]["sqlalchemy_uri"], r"//[a-z_]+@")

    def test_every_column_of_the_contract_has_its_labels(self) -> None:
        contract = tomllib.loads(CONTRACT.read_text(encoding="utf-8"))
        for data_set in contract["sets"]:
            labels = {column["column_name"]: column["verbose_name"] for column in SETS[data_set["name"]]["columns"]}
            for name in data_set["columns"]:
                self.assertEqual(labels[name], contract["columns"][name]["ru"], name)

    def test_charts_ask_for_columns_and_metrics_that_are_there(self) -> None:
        for key, chart in CHARTS.items():
            columns = columns_of(chart.dataset)
            metrics = {metric["metric_name"] for metric in SETS[chart.dataset]["metrics"]}
            asked = [column if isinstance(column, str) else column["label"] for column in chart.columns]
            self.assertLessEqual(set(asked), columns, key)
            self.assertLessEqual(set(chart.metrics), metrics, key)
            self.assertLessEqual({entry[0] for entry in chart.order}, columns | metrics, key)
            words = re.findall(r"[a-z_]+", re.sub(r"'[^']*'", "", " ".join(chart.where).lower()))
            self.assertLessEqual(set(words) - SQL, columns, key)

    def test_filters_ask_for_columns_that_are_there_and_reach_the_charts(self) -> None:
        for dashboard in DASHBOARDS:
            for one in (one for one in dashboard.filters if one.column):
                self.assertIn(one.column, columns_of(one.dataset), one.key)
                self.assertLessEqual(set(one.without), set(dashboard.charts), one.key)
                for chart in (chart for chart in dashboard.charts.values() if chart.key not in one.without):
                    self.assertIn(one.column, columns_of(chart.dataset), f"{one.key} and {chart.key}")

    def test_a_filter_with_a_first_value_is_also_required(self) -> None:
        # Otherwise Superset shows the value and does not filter by it.
        for dashboard in DASHBOARDS:
            for one in dashboard.file()["metadata"]["native_filter_configuration"]:
                first = one["controlValues"].get("defaultToFirstItem", False)
                self.assertEqual(one.get("requiredFirst", False), first, one["name"])

    def test_no_ratio_is_an_average(self) -> None:
        for metrics in METRICS.values():
            for metric in metrics:
                self.assertNotRegex(metric.sql.upper(), r"\bAVG\b", metric.key)

    def test_dashboards_place_each_chart_once_and_fill_their_rows(self) -> None:
        for dashboard in DASHBOARDS:
            position = dashboard.file()["position"]
            placed = [
                node["meta"]["uuid"] for node in position.values() if isinstance(node, dict) and node["type"] == "CHART"
            ]
            self.assertEqual(sorted(placed), sorted(uid("chart", key) for key in dashboard.charts))
            for row in (node for node in position.values() if isinstance(node, dict) and node["type"] == "ROW"):
                widths = [position[child]["meta"]["width"] for child in row["children"]]
                self.assertEqual(sum(widths), 12, row["id"])

    def test_the_query_of_a_chart_is_json_and_has_its_limits(self) -> None:
        for key, chart in CHARTS.items():
            query = json.loads(chart.file()["query_context"])["queries"][0]
            self.assertTrue(0 < query["row_limit"] <= 50_000, key)


if __name__ == "__main__":
    unittest.main()
