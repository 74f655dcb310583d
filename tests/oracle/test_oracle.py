#!/usr/bin/env python3
"""Holds the oracle to the state rules, to the whole machine of an obligation, and to its own comparison."""

import contextlib
import io
import json
import os
import tempfile
import unittest
from datetime import date

from history import CONTROLLED, PLAN, RULES, History, one, plan_row, rows_of, share

import oracle


class StateRules(unittest.TestCase):
    def test_the_last_day_is_included_and_the_day_after_is_not(self):
        self.assertEqual(one().figure("I01", as_of="2022-10-10T23:59:59+10:00"), (0, 0))
        self.assertEqual(one().figure("I01", as_of="2022-10-11T00:00:00+10:00"), (0, 1))
        self.assertEqual(one().figure("I03", as_of="2022-10-11T00:00:00+10:00"), (1, 1))

    def test_early_completion_counts_at_once(self):
        h = one()
        h.fact("1.1/s1/-", "2022-09-20")
        self.assertEqual(h.figure("I01", as_of="2022-09-21T00:00:00+10:00"), (1, 1))

    def test_delay_is_capped(self):
        self.assertEqual(one().figure("I03"), (60, 1))

    def test_weekends_roll_by_the_rule_of_the_region(self):
        for rule, day, expect in [
            ("following", "2022-11-07", 1),
            ("following", "2022-11-08", 0),
            ("preceding", "2022-11-03", 1),
            ("preceding", "2022-11-04", 0),
            ("none", "2022-11-05", 1),
            ("none", "2022-11-06", 0),
        ]:
            h = History(plan_row("10.1", "2022-11-05", share("10.1")), rules=RULES | {"weekend_rule": rule})
            h.fact("10.1/s1/-", day)
            self.assertEqual(h.figure("I01"), (expect, 1), (rule, day))

    def test_special_days_roll_with_their_reasons(self):
        off = {"kind": "transferred_day_off", "from": "2022-10-09", "basis": "-"}
        worked = {"kind": "working_weekend", "basis": "-"}
        holiday = {"kind": "public_holiday", "name_ru": "-", "name_en": "-"}
        for due, calendar, last in [
            ("2022-10-10", {"days": {"2022-10-10": off}}, "2022-10-11"),
            ("2022-10-10", {"days": {"2022-10-10": off | {"decreed_on": "2022-10-11"}}}, "2022-10-10"),
            ("2022-10-10", {"days": {"2022-10-10": holiday, "2022-10-11": {"kind": "shortened"}}}, "2022-10-11"),
            ("2022-10-15", {"days": {"2022-10-15": worked}}, "2022-10-15"),
            ("2022-10-15", {"week": "six_day"}, "2022-10-15"),
            ("2022-10-16", {"week": "six_day"}, "2022-10-17"),
        ]:
            for late in (0, 1):
                h = History(plan_row("10.1", due, share("10.1")), rules=RULES | {"calendar": calendar})
                h.fact("10.1/s1/-", str(date.fromisoformat(last) + late * oracle.DAY))
                self.assertEqual(h.figure("I01"), (1 - late, 1), (due, calendar, late))

    def test_a_cut_off_ends_the_day_of_the_log(self):
        rules = RULES | {"timeliness_basis": "recorded", "cut_off": "18:00:00"}
        for at, expect in [("2022-10-10T17:59:59+10:00", 1), ("2022-10-10T18:00:00+10:00", 0)]:
            h = History(plan_row("10.1", "2022-10-10", share("10.1")), rules=rules)
            h.fact("10.1/s1/-", "2022-10-10", at=at)
            self.assertEqual(h.figure("I01"), (expect, 1), at)
        open_ = History(plan_row("10.1", "2022-10-10", share("10.1")), rules=rules)
        self.assertEqual(open_.figure("I01", as_of="2022-10-10T17:59:59+10:00"), (0, 0))
        self.assertEqual(open_.figure("I01", as_of="2022-10-10T18:00:00+10:00"), (0, 1))

    def test_a_semester_is_that_of_the_stated_day_not_of_the_rolled_one(self):
        h = History(plan_row("1.1", "2022-12-31", share("1.1")))
        h.fact("1.1/s1/-", "2023-01-02")
        self.assertEqual((h.figure("I01", "H1"), h.figure("I01", "H2"), h.figure("I01", "Y")), ((1, 1), (0, 0), (1, 1)))

    def test_a_moved_deadline_decides_time_and_semester(self):
        h = one()
        h.fact("1.1/s1/-", "2023-01-16")
        h.act("deadline.moved", "1.1/s1/-", due="2023-01-16", basis="-")
        self.assertEqual((h.figure("I01", "H1"), h.figure("I01", "H2")), ((0, 0), (1, 1)))

    def test_a_mended_report_keeps_its_first_day_within_the_term_only(self):
        for again, expect in [("2022-10-17", 1), ("2022-10-18", 0)]:
            h = one(**CONTROLLED)
            h.fact("1.1/s1/-", "2022-10-10")
            h.act("report.returned", "1.1/s1/-", report="e6", reason="incomplete", rework_due="2022-10-17")
            self.assertEqual(h.figure("I02"), (0, 1))
            h.fact("1.1/s1/-", again)
            self.assertEqual(h.figure("I01"), (expect, 1), again)

    def test_the_first_of_two_reports_counts_and_the_second_steps_in_when_it_is_retracted(self):
        h = one()
        first = h.fact("1.1/s1/-", "2022-10-09")
        h.fact("1.1/s1/-", "2022-10-12")
        self.assertEqual(h.figure("I01"), (1, 1))
        h.act("fact.retracted", "1.1/s1/-", target=first, target_id="e6", reason="")
        self.assertEqual((h.figure("I01"), h.figure("I03")), ((0, 1), (2, 1)))

    def test_a_retracted_report_never_happened(self):
        h = one()
        h.act("fact.retracted", "1.1/s1/-", target=h.fact("1.1/s1/-", "2022-10-09"), target_id="e6", reason="")
        self.assertEqual((h.figure("I01"), h.figure("I02")), ((0, 1), (0, 1)))

    def test_a_corrected_day_decides(self):
        h = one()
        h.act(
            "fact.corrected",
            "1.1/s1/-",
            target=h.fact("1.1/s1/-", "2022-10-09"),
            target_id="e6",
            occurred_on="2022-10-11",
            reason="",
        )
        self.assertEqual(h.figure("I01"), (0, 1))

    def test_what_is_excused_leaves_both_and_a_later_report_changes_nothing(self):
        h = one()
        h.act("excuse.granted", "1.1/s1/-", reason="quarantine", basis="-")
        h.fact("1.1/s1/-", "2022-10-12")
        self.assertEqual((h.figure("I01"), h.figure("I03")), ((0, 0), (0, 0)))

    def test_without_a_schedule_it_counts_in_the_year_once_that_has_ended(self):
        h = History(plan_row("15.1", None, share("15.1", due="scheduled")))
        at = {"as_of": "2023-08-31T12:00:00+10:00"}, {"as_of": "2023-09-01T12:00:00+10:00"}
        self.assertEqual([h.figure("I01", "Y", **when) for when in at], [(0, 0), (0, 1)])
        h.act("schedule.set", "15.1/s1/-", due="2022-12-01", basis="-")
        self.assertEqual([h.figure("I01", "H1", **when) for when in at], [(0, 1), (0, 1)])

    def test_a_month_of_a_series_ends_on_its_last_day(self):
        months = {"months": {"first": "2022-11", "last": "2023-02"}}
        h = History(plan_row("6.2", "2023-08-31", share("6.2", items=months, due="each_month_end")))
        self.assertEqual((h.figure("I02", "H1"), h.figure("I02", "H2")), ((0, 2), (0, 1)))
        h.fact("6.2/s1/2023-02", "2023-02-01")
        self.assertEqual(h.figure("I02", "H2"), (1, 2))

    def test_publications_follow_their_delivery_and_are_no_execution(self):
        delivered = share("8.3p", due={"after_delivery": {"row": "8.3", "days": 10}}, in_execution=False)
        h = History(plan_row("8.3", "2022-10-21", share("8.3"), delivered))
        h.fact("8.3/s1/-", "2022-10-20")
        self.assertEqual(h.figure("I01"), (1, 1))

        def due():
            world = oracle.World(h.events, oracle.instant("2023-02-01T00:00:00Z"))
            return world.units[PLAN, "s1"]["obligations"]["8.3p", "-"].due

        self.assertEqual(due(), date(2022, 10, 30))
        h.act("fact.retracted", "8.3/s1/-", target=len(h.events), target_id="-", reason="")
        self.assertIsNone(due())

    def test_the_clock_of_the_log_decides_where_the_region_says_so(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), rules=RULES | {"timeliness_basis": "recorded"})
        h.fact("1.1/s1/-", "2022-10-10", at="2022-10-10T14:30:00Z")  # the 11th in Vladivostok
        self.assertEqual(h.figure("I01"), (0, 1))

    def test_an_import_is_answered_by_its_claim_and_other_claims_are_not(self):
        for opened, expect in [(True, (1, 1)), (False, (0, 1))]:
            h = one()
            if opened:
                h.add("import.opened", "log", {"source": "old"})
            h.fact("1.1/s1/-", "2022-10-10", at="2023-06-01T00:00:00Z", claimedat="2022-10-10T01:00:00Z")
            self.assertEqual(h.figure("I01"), expect)


class TheWholeMachine(unittest.TestCase):
    """What came with the acts on a report after it was decided, on many, by two, and on schools and rows."""

    def test_a_report_that_is_withdrawn_is_none(self):
        h = one(**CONTROLLED)
        h.fact("1.1/s1/-", "2022-10-10")
        h.act("report.withdrawn", "1.1/s1/-", report="e6")
        self.assertEqual(h.figure("I02"), (0, 1))
        h.fact("1.1/s1/-", "2022-10-12")
        self.assertEqual(h.figure("I01"), (0, 1))

    def test_what_is_reopened_is_owed_and_a_rework_in_time_keeps_its_day(self):
        for kind, of in [("obligation.reopened", "report"), ("evidence.rejected", "target_id")]:
            for again, expect in [("2022-11-10", 1), ("2022-11-11", 0)]:
                h = one(**CONTROLLED)
                h.fact("1.1/s1/-", "2022-10-10")
                h.act("report.accepted", "1.1/s1/-", report="e6")
                h.act(kind, "1.1/s1/-", reason="audit", rework_due="2022-11-10", **{of: "e6"})
                self.assertEqual(h.figure("I02"), (0, 1))
                h.fact("1.1/s1/-", again)
                self.assertEqual((h.figure("I01"), h.figure("I02")), ((expect, 1), (1, 1)), (kind, again))

    def test_a_report_that_came_behind_the_judged_one_is_the_rework(self):
        for on, due, expect in [("2022-10-12", "2022-10-14", 1), ("2022-10-15", "2022-10-14", 0)]:
            h = one(**CONTROLLED)
            h.fact("1.1/s1/-", "2022-10-10")
            h.fact("1.1/s1/-", on)
            h.act("report.returned", "1.1/s1/-", report="e6", reason="incomplete", rework_due=due)
            self.assertEqual((h.figure("I01"), h.figure("I02")), ((expect, 1), (1, 1)), on)
            h.act("report.withdrawn", "1.1/s1/-", report="e7")
            self.assertEqual(h.figure("I02"), (0, 1))

    def test_a_report_that_stands_accepted_leaves_the_next_one_to_its_controller(self):
        listed = share("9.2", event="checklist.submitted", acceptance="controller", evidence_kind="checklist")
        for retracted, expect in [(6, (0, 0)), (7, (4, 20))]:
            h = History(plan_row("9.2", "2022-10-15", listed, measures="T0"))
            for points in (4, 6):
                h.fact(
                    "9.2/s1/-",
                    "2022-10-12",
                    "checklist.submitted",
                    {"items": [{"item": "a", "points": points, "max": 20}]},
                )
            h.act("report.accepted", "9.2/s1/-", report="e6")
            self.assertEqual(h.figure("I04", "T0"), (4, 20))
            h.act("fact.retracted", "9.2/s1/-", target=retracted, target_id="-", reason="")
            self.assertEqual(h.figure("I04", "T0"), expect, retracted)

    def test_an_acceptance_that_is_revoked_leaves_the_report_to_its_controller(self):
        listed = share("9.2", event="checklist.submitted", acceptance="controller", evidence_kind="checklist")
        h = History(plan_row("9.2", "2022-10-15", listed, measures="T0"))
        h.fact("9.2/s1/-", "2022-10-12", "checklist.submitted", {"items": [{"item": "a", "points": 6, "max": 20}]})
        h.act("report.accepted", "9.2/s1/-", report="e6")
        self.assertEqual((h.figure("I04", "T0"), h.figure("I01")), ((6, 20), (1, 1)))
        h.act("acceptance.revoked", "9.2/s1/-", report="e6", reason="-")
        self.assertEqual((h.figure("I04", "T0"), h.figure("I01")), ((0, 0), (1, 1)))

    def hold(self, **hold):
        h = one()
        h.act("excuse.granted", "1.1/s1/-", reason="quarantine", basis="-", **hold)
        return h

    def test_a_hold_puts_the_term_off_by_its_days(self):
        h = self.hold(**{"from": "2022-10-03", "until": "2022-10-16"})  # fourteen days: due on Monday 24.10.
        during, last, after = ({"as_of": f"2022-10-{d}T12:00:00+10:00"} for d in (16, 24, 25))
        self.assertEqual([h.figure("I01", **when) for when in (during, last, after)], [(0, 0), (0, 0), (0, 1)])
        h.fact("1.1/s1/-", "2022-10-24")
        self.assertEqual(h.figure("I01"), (1, 1))

    def test_a_term_that_had_run_out_does_not_begin_again(self):
        h = self.hold(**{"from": "2022-10-11", "until": "2022-10-20"})
        self.assertEqual(h.figure("I03", as_of="2022-10-21T12:00:00+10:00"), (11, 1))

    def test_a_hold_that_is_revoked_puts_the_term_off_by_the_days_until_then(self):
        h = self.hold(**{"from": "2022-10-03", "until": "2022-10-31"})
        h.add("excuse.revoked", f"{PLAN}/1.1/s1/-", {"reason": "-"}, "2022-10-05")  # two days: due on the 12th
        self.assertEqual([h.figure("I01", as_of=f"2022-10-{d}T12:00:00+10:00") for d in (12, 13)], [(0, 0), (0, 1)])

    def test_a_release_for_good_that_is_revoked_puts_nothing_off(self):
        h = self.hold()
        h.add("excuse.revoked", f"{PLAN}/1.1/s1/-", {"reason": "-"}, "2022-10-20")
        self.assertEqual(h.figure("I03", as_of="2022-10-20T12:00:00+10:00"), (10, 1))

    def test_a_move_names_the_whole_term_and_ends_days_on_hold(self):
        h = self.hold(**{"from": "2022-10-03", "until": "2022-10-07"})
        h.add("deadline.moved", f"{PLAN}/1.1/s1/-", {"due": "2022-10-20", "basis": "-"}, "2022-10-10")
        self.assertEqual([h.figure("I01", as_of=f"2022-10-{d}T12:00:00+10:00") for d in (20, 21)], [(0, 0), (0, 1)])

    def test_a_confirmed_proposal_holds_as_it_was_made_and_a_declined_one_does_not(self):
        made = {"act": "submit", "event_type": "letter.sent", "occurred_on": "2022-10-10", "payload": {"details": {}}}
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), rules=RULES | {"timeliness_basis": "recorded"})
        h.add("proposal.made", f"{PLAN}/1.1/s1/-", made, "2022-11-01", at="2022-10-10T01:00:00Z")
        self.assertEqual(h.figure("I02"), (0, 1))
        h.add("proposal.confirmed", f"{PLAN}/1.1/s1/-", {"proposal": "e6"}, "2022-11-03", at="2022-11-03T00:00:00Z")
        self.assertEqual(h.figure("I01"), (1, 1))
        h = one()
        h.add("proposal.made", f"{PLAN}/1.1/s1/-", made, "2022-11-01")
        h.add("proposal.declined", f"{PLAN}/1.1/s1/-", {"proposal": "e6", "reason": "-"}, "2022-11-03")
        h.add("proposal.confirmed", f"{PLAN}/1.1/s1/-", {"proposal": "e6"}, "2022-11-03")
        self.assertEqual(h.figure("I02"), (0, 1))

    def bulk(self, h, *recipients, on="2022-10-10"):
        data = {"plan": PLAN, "region": "primorye", "row": "1.1", "item": "-", "event_type": "letter.sent"}
        h.add("bulk.recorded", "bulk/x", data | {"recipients": list(recipients), "payload": {"details": {}}}, on)

    def test_a_bulk_fact_is_a_report_of_each_recipient_until_it_is_taken_back(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), schools=("s1", "s2", "s3"))
        sent = h.fact("1.1/s2/-", "2022-10-12")
        self.bulk(h, "s1", "s2")
        region = {"level": "region", "org": "primorye"}
        self.assertEqual((h.figure("I01", **region), h.figure("I02", **region)), ((1, 3), (2, 3)))
        h.act("fact.retracted", "1.1/s2/-", target=sent, target_id="-", reason="")
        self.assertEqual(h.figure("I01", **region), (2, 3))
        bulk = h.events[-2]
        h.act(
            "fact.corrected", "1.1/s1/-", target=bulk["seq"], target_id=bulk["id"], occurred_on="2022-10-11", reason=""
        )
        self.assertEqual(h.figure("I01", **region), (1, 3))
        h.add("bulk.retracted", "bulk/y", {"target_id": bulk["id"], "reason": "-"})
        self.assertEqual(h.figure("I02", **region), (0, 3))

    def test_a_school_that_joins_owes_what_falls_due_from_its_first_day_on(self):
        h = History(
            plan_row("1.1", "2022-10-10", share("1.1")), plan_row("1.2", "2022-10-11", share("1.2")), schools=("s1",)
        )
        place = {"code": "pogranichny", "name_ru": "", "name_en": ""}
        h.add("org.registered", "org/s2", {"code": "s2", "kind": "school", "region": "primorye", "municipality": place})
        h.add(
            "school.enrolled",
            "activation/x",
            {"plan": PLAN, "region": "primorye", "school": "s2", "joined_on": "2022-10-11"},
        )
        h.fact("1.1/s2/-", "2022-10-12")
        self.assertEqual((h.figure("I02"), h.figure("I02", org="s2")), ((0, 2), (0, 1)))

    def test_a_school_that_leaves_owes_no_more_what_falls_due_from_that_day_on(self):
        rows = [
            plan_row(f"1.{n}", f"2022-10-1{n}", share(f"1.{n}", **more))
            for n, more in enumerate([{}, {}, {}, CONTROLLED])
        ]
        h = History(*rows)
        h.fact("1.2/s1/-", "2022-10-01")
        h.fact("1.3/s1/-", "2022-10-01")
        self.assertEqual(h.figure("I02"), (2, 4))
        h.add(
            "school.withdrawn",
            "activation/x",
            {"plan": PLAN, "region": "primorye", "school": "s1", "left_on": "2022-10-11"},
            "2022-10-11",
        )
        self.assertEqual(h.figure("I02"), (1, 2))  # 1.0 is overdue, 1.2 was accepted

    def test_a_row_moves_or_goes_but_not_for_whoever_is_through(self):
        op = {"row": "1.1", "change": "move", "due": "2022-10-20"}
        for ops, expect in [([op], ((1, 1), (0, 1))), ([{"row": "1.1", "change": "remove"}], ((0, 0), (0, 1)))]:
            h = History(plan_row("1.1", "2022-10-10", share("1.1")), schools=("s1", "s2"))
            h.fact("1.1/s2/-", "2022-10-11")
            h.add("plan.amended", "activation/x", {"plan": PLAN, "region": "primorye", "ops": ops, "basis": "-"})
            h.fact("1.1/s1/-", "2022-10-20")
            self.assertEqual((h.figure("I01"), h.figure("I01", org="s2")), expect)

    def test_a_methodical_day_that_is_cancelled_waits_for_another_date(self):
        h = History(plan_row("15.1", None, share("15.1", event="methodical_day.held", due="scheduled")))
        h.act("schedule.set", "15.1/s1/-", due="2022-10-10", basis="-")
        h.fact("15.1/s1/-", "2022-10-08", "methodical_day.cancelled", {"day_no": 1, "reason": "-"})
        self.assertEqual((h.figure("I02"), h.figure("I02", "Y")), ((0, 0), (0, 0)))
        h.act("schedule.set", "15.1/s1/-", due="2022-10-20", basis="-")
        h.fact("15.1/s1/-", "2022-10-20", "methodical_day.held")
        self.assertEqual(h.figure("I01"), (1, 1))

    def test_what_accompanies_completes_nothing(self):
        h = one(also_events=["order.issued"])
        h.fact("1.1/s1/-", "2022-10-01", "order.issued")
        h.act("obligation.acknowledged", "1.1/s1/-")
        self.assertEqual(h.figure("I02"), (0, 1))


class Comparison(unittest.TestCase):
    def given(self, *columns):
        """The rows as the service would write them."""
        return rows_of(one().values(), *columns)

    def run_main(self, rows):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
            feed, values = os.path.join(folder, "feed"), os.path.join(folder, "values")
            with open(feed, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(e) + "\n" for e in one().events)
            with open(values, "w", encoding="utf-8") as file:
                json.dump({"data": rows, "as_of": "2023-02-01T12:00:00+10:00"}, file)
            code = oracle.main(["--feed", feed, "--values", values])
        return code, out.getvalue()

    def test_equal_values_are_equal(self):
        rows = self.given()
        self.assertEqual(self.run_main(rows), (0, f"{len(rows)} values compared, 0 differ\n"))

    def test_columns_that_were_asked_for_are_compared(self):
        rows = self.given("version", "band_code", "spread", "rating")
        self.assertEqual(self.run_main(rows), (0, f"{len(rows)} values compared, 0 differ\n"))
        at = next(
            n
            for n, r in enumerate(rows)
            if r["level"] == "region" and r["indicator"] == "I03" and r["period"].endswith("H1")
        )
        for column, wrong in [("version", 2), ("band_code", "below"), ("rating", 100), ("spread", None)]:
            code, out = self.run_main([*rows[:at], rows[at] | {column: wrong}, *rows[at + 1 :]])
            self.assertEqual(code, 1)
            self.assertIn(f": {column} is {wrong}, expected ", out)
        told = rows[at]["spread"]
        self.assertEqual((told["median"], told["mean"], told["schools"]), (60, 60, 1))
        code, out = self.run_main([*rows[:at], rows[at] | {"spread": told | {"q3": 59}}, *rows[at + 1 :]])
        self.assertEqual((code, "spread.q3 is 59, expected 60" in out), (1, True))

    def test_each_kind_of_difference_is_found(self):
        def change(**columns):
            def apply(rows):
                at = next(n for n, r in enumerate(rows) if r["indicator"] == "I03" and r["period"].endswith("H1"))
                rows[at] |= columns

            return apply

        changes = [
            (change(numerator=60.0000001), "numerator is"),
            (change(value=59.99999999), "value is"),
            (change(status="no_data"), "status is"),
            (change(value=None), "value is None"),
            (change(target=4), "target is"),
            (lambda rows: rows.pop(), "missing"),
            (lambda rows: rows.append(dict(rows[0])), "given twice"),
            (lambda rows: rows.append(rows[0] | {"org": "s9"}), "not expected"),
        ]
        for apply, expect in changes:
            rows = self.given()
            apply(rows)
            code, out = self.run_main(rows)
            self.assertEqual(code, 1)
            self.assertIn(expect, out)
            self.assertIn("values compared, 1 differ", out)


if __name__ == "__main__":
    unittest.main()
