#!/usr/bin/env python3
"""Holds the oracle to the worked example and to histories whose outcome a person can work out."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from datetime import date
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import oracle  # noqa: E402

RULES = {
    "region": "primorye",
    "name_ru": "Приморский край",
    "name_en": "Primorsky Krai",
    "zone": "Asia/Vladivostok",
    "weekend_rule": "following",
    "due_soon_days": 3,
    "lateness_cap_days": 60,
    "rework_working_days": 3,
    "calendar": {"days_off": ["2022-11-04", "2023-05-01"]},
    "school_years": [{"school_year": "2022-2023", "h1_start": "2022-09-01", "h1_end": "2022-12-31", "h2_end": "2023-08-31"}],
}
PLAN = "clusters"


def share(row, event="letter.sent", **more):
    plain = {"row": row, "of": "schools", "holder": "school_head", "event": event, "acceptance": "auto", "evidence_kind": "letter"}
    return plain | more


def plan_row(row, end, *shares, measures=None):
    return {"row": row, "deadline": {"start": None, "end": end}, "measures": measures, "shares": list(shares)}


def items(*codes):
    return {"list": [{"code": code, "name_ru": ""} for code in codes]}


class History:
    """Writes events one after the other."""

    def __init__(self, *rows, schools=("s1",), rules=RULES):
        self.events = []
        self.add("region.configured", "region/primorye", {"rules": rules})
        for code in schools:
            place = {"code": "pogranichny", "name_ru": "", "name_en": ""}
            self.add("org.registered", f"org/{code}", {"code": code, "kind": "school", "region": "primorye", "municipality": place})
        self.add("org.registered", "org/mo-pk", {"code": "mo-pk", "kind": "authority", "region": "primorye"})
        plan = {"code": PLAN, "school_year": "2022-2023", "activities": [{"no": 1, "rows": list(rows)}]}
        self.add("plan.imported", f"plan/{PLAN}", {"plan": plan})
        active = {"plan": PLAN, "region": "primorye", "schools": list(schools)}
        self.add("plan.activated", f"activation/primorye/{PLAN}", active)

    def add(self, kind, subject, data, on="2022-10-01", at="2022-09-01T00:00:00Z", **more):
        seq = len(self.events) + 1
        self.events.append({"seq": seq, "id": f"e{seq}", "type": kind, "subject": subject, "time": at, "occurredon": on, "data": data} | more)
        return seq

    def fact(self, obligation, on, kind="letter.sent", details=None, **more):
        return self.add(kind, f"{PLAN}/{obligation}", {"details": details or {}}, on, **more)

    def act(self, kind, obligation, **data):
        return self.add(kind, f"{PLAN}/{obligation}", data)

    def values(self, as_of="2023-02-01T12:00:00+10:00"):
        return oracle.expected(oracle.World(self.events, oracle.instant(as_of)))

    def figure(self, indicator, part="H1", level="school", org="s1", **more):
        period = "2022-2023" if part == "Y" else f"2022-2023.{part}"
        row = self.values(**more)[level, "primorye", org, period, indicator]
        return row["numerator"], row["denominator"]


CONTROLLED = {"acceptance": "controller"}


def one(**more):
    """A plan of one row, due on Monday 2022-10-10."""
    return History(plan_row("1.1", "2022-10-10", share("1.1", **more)))


class WorkedExample(unittest.TestCase):
    def test_it_comes_out_to_the_last_digit(self):
        def region(n, d):
            return n / d

        a = {"I01": Fraction(18, 20), "I02": Fraction(19, 20), "I07": Fraction(80, 100)}
        b = {"I01": Fraction(5, 10), "I02": Fraction(10, 10), "I07": Fraction(30, 50)}
        both = {"I01": Fraction(23, 30), "I02": Fraction(29, 30), "I07": Fraction(110, 150)}
        table = {i.id: i for i in oracle.INDICATORS} | {"I07": oracle.Indicator("I07", Fraction("0.6"), "up", 8, (), ())}

        def composite(values):
            return sum(table[i].weight * oracle.achievement(table[i], v) for i, v in values.items()) / 31

        self.assertEqual([f"{float(composite(x)):.6f}" for x in (a, b, both)], ["0.961715", "0.786078", "0.903169"])
        self.assertEqual(f"{float((composite(a) + composite(b)) / 2):.6f}", "0.873896")
        self.assertEqual(oracle.achievement(table["I03"], Fraction(7)), Fraction(3, 7))
        self.assertEqual(region(Fraction(24), Fraction(7)), Fraction(24, 7))

    def test_it_comes_out_of_a_feed(self):
        due = [plan_row("1.1", "2022-10-10", share("1.1", items=items(*[f"i{n}" for n in range(22)])))]
        h = History(*due, plan_row("2.1", "2023-01-21", share("2.1")), plan_row("3.1", "2023-08-01", share("3.1", items=items(*"abcde"))))
        for n in range(18):
            h.fact(f"1.1/s1/i{n}", "2022-10-10")
        h.fact("1.1/s1/i18", "2022-10-14")
        for n in (20, 21):
            h.act("excuse.granted", f"1.1/s1/i{n}", reason="quarantine", basis="-")
        self.assertEqual(h.figure("I01"), (18, 20))
        self.assertEqual(h.figure("I02"), (19, 20))
        self.assertEqual(h.figure("I03", as_of="2022-10-20T12:00:00+10:00"), (14, 2))
        self.assertEqual(h.figure("I03", part="H2", as_of="2023-02-02T12:00:00+10:00"), (10, 1))  # 21.01 is a Saturday


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
        for rule, day, expect in [("following", "2022-11-07", 1), ("following", "2022-11-08", 0), ("preceding", "2022-11-03", 1), ("preceding", "2022-11-04", 0), ("none", "2022-11-05", 1), ("none", "2022-11-06", 0)]:
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
        h.act("fact.corrected", "1.1/s1/-", target=h.fact("1.1/s1/-", "2022-10-09"), target_id="e6", occurred_on="2022-10-11", reason="")
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
        due = lambda: oracle.World(h.events, oracle.instant("2023-02-01T00:00:00Z")).units[PLAN, "s1"]["obligations"]["8.3p", "-"].due  # noqa: E731
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
        h.act("fact.corrected", "1.1/s1/-", target=bulk["seq"], target_id=bulk["id"], occurred_on="2022-10-11", reason="")
        self.assertEqual(h.figure("I01", **region), (1, 3))
        h.add("bulk.retracted", "bulk/y", {"target_id": bulk["id"], "reason": "-"})
        self.assertEqual(h.figure("I02", **region), (0, 3))

    def test_a_school_that_joins_owes_what_falls_due_from_its_first_day_on(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), plan_row("1.2", "2022-10-11", share("1.2")), schools=("s1",))
        place = {"code": "pogranichny", "name_ru": "", "name_en": ""}
        h.add("org.registered", "org/s2", {"code": "s2", "kind": "school", "region": "primorye", "municipality": place})
        h.add("school.enrolled", "activation/x", {"plan": PLAN, "region": "primorye", "school": "s2", "joined_on": "2022-10-11"})
        h.fact("1.1/s2/-", "2022-10-12")
        self.assertEqual((h.figure("I02"), h.figure("I02", org="s2")), ((0, 2), (0, 1)))

    def test_a_school_that_leaves_owes_no_more_what_falls_due_from_that_day_on(self):
        rows = [plan_row(f"1.{n}", f"2022-10-1{n}", share(f"1.{n}", **more)) for n, more in enumerate([{}, {}, {}, CONTROLLED])]
        h = History(*rows)
        h.fact("1.2/s1/-", "2022-10-01")
        h.fact("1.3/s1/-", "2022-10-01")
        self.assertEqual(h.figure("I02"), (2, 4))
        h.add("school.withdrawn", "activation/x", {"plan": PLAN, "region": "primorye", "school": "s1", "left_on": "2022-10-11"}, "2022-10-11")
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


class Indicators(unittest.TestCase):
    def checklist(self, points):
        return {"checklist": "v1", "items": [{"item": "a", "points": points, "max": 10}, {"item": "b", "points": 0, "max": 10}]}

    def test_a_checklist_counts_for_its_wave_once_accepted(self):
        listed = share("9.2", event="checklist.submitted", acceptance="controller", evidence_kind="checklist")
        h = History(plan_row("9.2", "2022-10-15", listed, measures="T0"))
        h.fact("9.2/s1/-", "2022-10-12", "checklist.submitted", self.checklist(6))
        self.assertEqual(h.figure("I04", "T0"), (0, 0))
        h.act("report.accepted", "9.2/s1/-", report="e6")
        self.assertEqual(h.figure("I04", "T0"), (6, 20))
        h.act("fact.corrected", "9.2/s1/-", target=6, target_id="e6", items=self.checklist(7)["items"], reason="")
        self.assertEqual((h.figure("I04", "T0"), h.figure("I04", "H1")), ((7, 20), (0, 0)))

    def test_partners_count_at_the_end_of_the_period_three_kinds_a_school(self):
        partner = {"event": "partner.assigned", "evidence_kind": "partner_list"}
        rows = plan_row("2.1", "2022-09-30", share("2.1", items=items("industrial", "academic"), **partner)), plan_row("3.1", "2022-10-30", share("3.1", **partner))
        h = History(*rows, schools=("s1", "s2"))

        def assign(obligation, first, last=None, partner="p"):
            h.fact(obligation, first, "partner.assigned", {"partner": partner, "kind": "academic", "valid_from": first, "valid_to": last})

        assign("2.1/s1/industrial", "2022-09-20")
        assign("2.1/s1/academic", "2022-09-20", "2022-11-30")
        assign("3.1/s1/-", "2023-01-10")
        h.act("excuse.granted", "3.1/s2/-", reason="quarantine", basis="-")
        self.assertEqual((h.figure("I06"), h.figure("I06", "H2")), ((1, 3), (2, 3)))
        self.assertEqual(h.figure("I06", level="region", org="primorye"), (1, 5))
        h.fact("2.1/s1/industrial", "2023-03-01", "partner.released", {"partner": "p", "kind": "industrial", "released_on": "2023-03-01", "basis": "-"})
        self.assertEqual((h.figure("I06"), h.figure("I06", "H2")), ((1, 3), (1, 3)))
        assign("2.1/s1/industrial", "2023-03-02", partner="q")
        self.assertEqual((h.figure("I06"), h.figure("I06", "H2")), ((1, 3), (2, 3)))

    def test_authorities_stand_apart_and_territories_add_up_schools(self):
        own = share("1.2") | {"of": {"org": "mo-pk"}}
        h = History(plan_row("1.1", "2022-10-10", share("1.1"), own), schools=("s1", "s2"))
        h.fact("1.1/s1/-", "2022-10-10")
        self.assertEqual(h.figure("I01", level="municipality", org="pogranichny"), (1, 2))
        self.assertEqual(h.figure("I01", level="publisher", org="mo-pk"), (0, 1))
        self.assertNotIn(("publisher", "primorye", "mo-pk", "2022-2023.H1", "I06"), h.values())

    def test_a_composite_needs_half_of_the_weight_that_applies(self):
        row = one().values()["school", "primorye", "s1", "2022-2023.H1", "A"]
        self.assertEqual((row["denominator"], row["weight"], row["status"]), (27, 50, "ok"))
        row = one().values(as_of="2022-09-02T00:00:00Z")["school", "primorye", "s1", "2022-2023.H1", "A"]
        self.assertEqual((row["denominator"], row["value"], row["status"]), (4, None, "no_data"))
        row = one().values()["school", "primorye", "s1", "2022-2023.T0", "A"]
        self.assertEqual((row["denominator"], row["status"]), (0, "no_data"))


class Comparison(unittest.TestCase):
    def given(self):
        """The rows as the service would write them."""
        rows = []
        for (level, region, org, period, indicator), figures in one().values().items():
            numbers = {k: v if v is None or k == "status" else float(v) for k, v in figures.items()}
            rows.append({"level": level, "region": region, "org": org, "period": period, "indicator": indicator} | numbers)
        return rows

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
