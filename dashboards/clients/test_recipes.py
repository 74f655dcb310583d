"""Holds the recipes and the clients' own reckoning to the data contract, without any client."""

import datetime
import re
import unittest
from pathlib import Path

import cells

HERE = Path(__file__).parents[1]
QUERIES = sorted(HERE.glob("powerbi/*.pq")) + sorted(HERE.glob("excel/*.pq"))
COLUMNS = {name: {column for column, *_ in told["columns"]} for name, told in cells.SETS.items()}


def code(path):
    """A query without its comments."""
    return "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("//"))


class Recipes(unittest.TestCase):
    def test_queries_name_sets_and_columns_that_there_are(self):
        self.assertEqual(len(QUERIES), 4)
        for path in QUERIES:
            text = code(path)
            named = re.search(r'"v_(\w+)"|Name = "(\w+)"|Set = "(\w+)"', text)
            self.assertIsNotNone(named, path)
            of = next(name for name in named.groups() if name)
            self.assertIn(of, cells.SETS, path)
            columns = set(re.findall(r"\[(\w+)\] (?:=|<>)", text))
            for listed in re.findall(r"SelectColumns\(\w+, \{(.*?)\}\)", text, re.DOTALL):
                columns |= set(re.findall(r'"(\w+)"', listed))
            self.assertTrue(columns)
            self.assertLessEqual(columns - {"numerator", "denominator"}, COLUMNS[of], path)

    def test_queries_say_that_nobody_ran_them(self):
        for path in QUERIES:
            self.assertIn("// Not run by the project's tests", path.read_text(encoding="utf-8"), path)

    def test_the_page_names_views_and_labels_that_there_are(self):
        page = (HERE / "other-tools.md").read_text(encoding="utf-8")
        for name in re.findall(r"\bv_(\w+)", page):
            self.assertIn(name, cells.SETS)
        labels = {label for told in cells.SETS.values() for *_, label in told["columns"]}
        for label in re.findall(r'dtype=\{"([^"]*[а-я][^"]*)"', page):
            self.assertIn(label, labels)

    def test_cells_are_told_apart(self):
        self.assertEqual(cells.cell("double", "-0,25"), -0.25)
        self.assertIsNone(cells.cell("int", ""))
        self.assertEqual(cells.cell("date", datetime.datetime(2026, 9, 1)), datetime.date(2026, 9, 1))
        self.assertEqual(cells.cell("instant", "2026-09-01 06:00:00"), cells.cell("instant", "2026-09-01T06:00:00Z"))
        for kind, value in (("text", 9.2), ("int", "1.5"), ("date", datetime.datetime(2026, 9, 1, 6))):
            with self.assertRaises((TypeError, ValueError)):
                cells.cell(kind, value)


if __name__ == "__main__":
    unittest.main()
