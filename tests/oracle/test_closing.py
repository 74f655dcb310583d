#!/usr/bin/env python3
"""Holds the oracle's check of closed periods: what was reported, and what is restated since."""

import contextlib
import io
import json
import os
import tempfile
import unittest

from history import History, one, plan_row, rows_of, share

import oracle

PERIOD = {"region": "primorye", "period": "2022-2023.H1"}
KEY = ("school", "primorye", "s1", "2022-2023.H1", "I01")
CLOSED_AT = "2023-01-09T12:00:00+10:00"


def close(h, parts=2, as_of=CLOSED_AT):
    """Closes the first semester as the service does, in some parts."""
    at = len(h.events)
    rows = rows_of(h.values(as_of), "version")
    told = [{k: v for k, v in r.items() if k not in PERIOD} for r in rows if {k: r[k] for k in PERIOD} == PERIOD]
    h.add("period.closed", "period/primorye/2022-2023-h1", PERIOD | {"basis": "-"}, as_of[:10], as_of)
    for n in range(parts):
        snapshot = {"at": at, "as_of": as_of, "part": n, "parts": parts, "rows": told[n::parts]}
        h.add("indicator.snapshot_taken", "period/primorye/2022-2023-h1", PERIOD | snapshot, as_of[:10], as_of)
    return told


def found(h):
    return [text for closing in oracle.closings(h.events) for text in oracle.closing_differences(h.events, closing)]


class Reported(unittest.TestCase):
    def test_a_closing_is_what_the_events_before_it_give(self):
        h = one()
        told = close(h)
        self.assertEqual({r["level"] for r in told}, {"school", "municipality", "region", "direction"})
        h.fact("1.1/s1/-", "2022-10-10", at="2023-01-10T00:00:00Z")
        h.add("period.reopened", "period/primorye/2022-2023-h1", PERIOD | {"reason": "-"})
        close(h, parts=1, as_of="2023-01-20T12:00:00+10:00")
        self.assertEqual((found(h), len(oracle.closings(h.events))), ([], 2))
        first, second = (oracle.judged(h.events, one)[KEY]["numerator"] for one in oracle.closings(h.events))
        self.assertEqual((first, second), (0, 1))

    def test_a_closing_is_judged_on_its_own_day(self):
        h = History(plan_row("1.1", "2022-12-30", share("1.1")))
        close(h)
        row = oracle.judged(h.events, oracle.closings(h.events)[0])["school", "primorye", "s1", "2022-2023.H1", "I03"]
        self.assertEqual(row["numerator"], 10)  # until Monday 09.01 it would be none: this calendar knows no holidays

    def test_each_kind_of_difference_is_found(self):
        def snapshots(h):
            return [e["data"] for e in h.events if e["type"] == "indicator.snapshot_taken"]

        changes = [
            (lambda h: snapshots(h)[0]["rows"].pop(), "missing"),
            (lambda h: snapshots(h)[0]["rows"][0].update(numerator=9), "numerator is 9"),
            (lambda h: snapshots(h)[0]["rows"][0].update(version=9), "version is 9"),
            (lambda h: snapshots(h)[1]["rows"].append(snapshots(h)[0]["rows"][0]), "given twice"),
            (lambda h: h.events.pop(), "1 parts of 2"),
            (lambda h: [data.update(at=len(h.events)) for data in snapshots(h)], "not before it"),
        ]
        for change, expect in changes:
            h = one()
            close(h)
            change(h)
            self.assertTrue(any(expect in text for text in found(h)), (expect, found(h)[:3]))

    def test_the_command_holds_the_closings_of_the_feed(self):
        h = one()
        close(h)
        for wrong, code, text in [(False, 0, "closings held: 1, with "), (True, 1, "numerator is 9")]:
            if wrong:
                h.events[-1]["data"]["rows"][0]["numerator"] = 9
            with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
                feed, values = os.path.join(folder, "feed"), os.path.join(folder, "values")
                with open(feed, "w", encoding="utf-8") as file:
                    file.writelines(json.dumps(e) + "\n" for e in h.events)
                with open(values, "w", encoding="utf-8") as file:
                    told = rows_of(h.values("2023-02-01T00:00:00Z", on="2022-12-31"))
                    json.dump({"data": told, "as_of": "2023-02-01T00:00:00Z", "on": "2022-12-31"}, file)
                self.assertEqual(oracle.main(["--feed", feed, "--values", values]), code)
            self.assertIn(text, out.getvalue())

    def test_a_period_closed_without_figures_says_so(self):
        h = one()
        close(h, parts=0)
        self.assertEqual(found(h), ["closing 6 of primorye 2022-2023.H1: no snapshot"])


class Restated(unittest.TestCase):
    def steps(self, h):
        return oracle.restated(h.events, oracle.closings(h.events)[0])[KEY]

    def test_late_facts_corrections_membership_and_targets_are_told_apart(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), plan_row("1.2", "2022-10-20", share("1.2")))
        wrong = h.fact("1.2/s1/-", "2022-10-25")
        close(h)
        self.assertEqual(self.steps(h), [0, 0, 0, 0, 0, 0])
        h.fact("1.1/s1/-", "2022-10-10", at="2023-01-20T00:00:00Z")
        h.act("fact.corrected", "1.2/s1/-", target=wrong, target_id="-", occurred_on="2022-10-20", reason="-")
        h.add(
            "indicator.target_set",
            "target/primorye",
            {"region": "primorye", "indicator": "I01", "target": 0.5, "basis": "-"},
        )
        half = oracle.Fraction(1, 2)
        self.assertEqual(self.steps(h), [0, half, 1, 1, 1, 1])

    def test_what_happened_after_the_day_is_not_restated(self):
        h = one()
        close(h)
        h.fact("1.1/s1/-", "2023-01-12", at="2023-01-20T00:00:00Z")
        key = (*KEY[:4], "I02")
        self.assertEqual(oracle.restated(h.events, oracle.closings(h.events)[0])[key], [0] * 6)

    def test_a_school_that_moves_is_membership(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), schools=("s1", "s2"))
        h.fact("1.1/s1/-", "2022-10-10")
        close(h)
        h.add(
            "org.transferred",
            "org/s2",
            {"org": "s2", "municipality": {"code": "khanka", "name_ru": "", "name_en": ""}, "basis": "-"},
        )
        told = oracle.restated(h.events, oracle.closings(h.events)[0])
        self.assertEqual(
            told["municipality", "primorye", "pogranichny", *KEY[3:]], [oracle.Fraction(1, 2)] * 3 + [1] * 3
        )
        self.assertEqual(told["municipality", "primorye", "khanka", *KEY[3:]], [None] * 3 + [0] * 3)


if __name__ == "__main__":
    unittest.main()
