"""Holds Grafana's dashboards to themselves: what is committed is what is made, and names only what is there."""

import re
import tomllib
import unittest

import make_dashboards
from make_dashboards import DASHBOARDS, HERE

from datasets import CONTRACT
from panels import COLUMNS, PROMETHEUS, SQL

TARGETS = [(panel["title"], target) for one in DASHBOARDS for panel in one["panels"] for target in panel["targets"]]


class Dashboards(unittest.TestCase):
    def test_what_is_committed_is_what_is_made(self) -> None:
        self.assertEqual(make_dashboards.check(), [], "python3 dashboards/grafana/make_dashboards.py")

    def test_the_same_text_is_made_each_time(self) -> None:
        self.assertEqual(make_dashboards.texts(), make_dashboards.texts())

    def test_the_data_sources_are_those_that_are_provisioned(self) -> None:
        provisioned = (HERE / "provisioning/datasources/vekha.yaml").read_text(encoding="utf-8")
        for source in (SQL, PROMETHEUS):
            self.assertIn(f"uid: {source['uid']}\n    type: {source['type']}\n", provisioned)
        for title, target in TARGETS:
            self.assertIn(target["datasource"], (SQL, PROMETHEUS), title)

    def test_panels_stand_beside_each_other_and_have_ids_of_their_own(self) -> None:
        for one in DASHBOARDS:
            taken: set[tuple[int, int]] = set()
            for panel in one["panels"]:
                at = panel["gridPos"]
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
                self.assertFalse(taken & cells, panel["title"])
                self.assertLessEqual(at["x"] + at["w"], COLUMNS, panel["title"])
                taken |= cells
            ids = [panel["id"] for panel in one["panels"]]
            self.assertEqual(len(ids), len(set(ids)))

    def test_queries_name_only_views_of_the_contract(self) -> None:
        views = {data_set["name"] for data_set in tomllib.loads(CONTRACT.read_text(encoding="utf-8"))["sets"]}
        for title, target in TARGETS:
            for name in re.findall(r"\bvekha_bi\.(\w+)", target.get("rawSql", "")):
                self.assertIn(name, views, title)

    def test_queries_name_only_variables_that_are_there(self) -> None:
        for one in DASHBOARDS:
            known = {variable["name"] for variable in one["templating"]["list"]}
            for panel in one["panels"]:
                for target in panel["targets"]:
                    text = target.get("rawSql", "") + target.get("expr", "")
                    names = {name for name in re.findall(r"\$\{?(\w+)", text) if not name.startswith("__")}
                    self.assertLessEqual(names, known, panel["title"])

    def test_no_ratio_is_an_average(self) -> None:
        for title, target in TARGETS:
            self.assertNotRegex(target.get("rawSql", "").upper(), r"\bAVG\b", title)


if __name__ == "__main__":
    unittest.main()
