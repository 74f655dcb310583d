#!/usr/bin/env python3
"""Holds the oracle to the rule of each indicator: the worked example, and cases that a person can work out."""

import unittest
from fractions import Fraction

from history import CONTROLLED, PLAN, RULES, History, items, one, plan_row, share

import oracle

CHECKLIST = {"event": "checklist.submitted", "acceptance": "controller", "evidence_kind": "checklist"}
SEVEN_DAYS = share("15.1", event="methodical_day.held", due="scheduled", items=items(*"1234567")) | {
    "of": {"org": "mo-pk"}
}
YEAR_END = {"as_of": "2023-09-01T12:00:00+10:00"}


def answers(**points):
    """Answers of a checklist: item = (points, max)."""
    return {
        "checklist": "v1",
        "items": [{"item": name, "points": p, "max": most} for name, (p, most) in points.items()],
    }


class WorkedExample(unittest.TestCase):
    def test_it_comes_out_to_the_last_digit(self):
        a = {"I01": Fraction(18, 20), "I02": Fraction(19, 20), "I07": Fraction(80, 100)}
        b = {"I01": Fraction(5, 10), "I02": Fraction(10, 10), "I07": Fraction(30, 50)}
        both = {"I01": Fraction(23, 30), "I02": Fraction(29, 30), "I07": Fraction(110, 150)}
        table = {i.id: i for i in oracle.INDICATORS}

        def composite(values):
            return sum(table[i].weight * oracle.achievement(table[i], v) for i, v in values.items()) / 31

        self.assertEqual([f"{float(composite(x)):.6f}" for x in (a, b, both)], ["0.961715", "0.786078", "0.903169"])
        self.assertEqual(f"{float((composite(a) + composite(b)) / 2):.6f}", "0.873896")
        self.assertEqual(oracle.achievement(table["I03"], Fraction(7)), Fraction(3, 7))

    def test_execution_and_survey_come_out_of_a_feed(self):
        due = [plan_row("1.1", "2022-10-10", share("1.1", items=items(*[f"i{n}" for n in range(22)])))]
        asked = plan_row("8.2", "2023-05-05", share("8.2", event="survey.announced"))
        h = History(
            *due,
            plan_row("2.1", "2023-01-21", share("2.1")),
            plan_row("3.1", "2023-08-01", share("3.1", items=items(*"abcd"))),
            asked,
            schools=("s1", "s2"),
        )
        for n in range(18):
            h.fact(f"1.1/s1/i{n}", "2022-10-10")
        h.fact("1.1/s1/i18", "2022-10-14")
        for n in (20, 21):
            h.act("excuse.granted", f"1.1/s1/i{n}", reason="quarantine", basis="-")
        for school, eligible, responded in (("s1", 100, 80), ("s2", 50, 30)):
            h.fact(
                f"8.2/{school}/-",
                "2022-10-20",
                "survey.responses_counted",
                {"audience": "pupils", "eligible": eligible, "responded": responded},
            )
        self.assertEqual(h.figure("I01"), (18, 20))
        self.assertEqual(h.figure("I02"), (19, 20))
        self.assertEqual(h.figure("I03", as_of="2022-10-20T12:00:00+10:00"), (14, 2))
        self.assertEqual(h.figure("I03", "H2", as_of="2023-02-02T12:00:00+10:00"), (10, 1))  # 21.01 is a Saturday
        self.assertEqual((h.figure("I07", "H2"), h.figure("I07", "H2", org="s2")), ((80, 100), (30, 50)))
        row = h.row("I07", "H2", level="municipality", org="pogranichny")
        self.assertEqual((row["value"], row["achievement"], row["weight"]), (Fraction(110, 150), 1, 8))


class Checklists(unittest.TestCase):
    def waves(self, **more):
        listed = [
            plan_row(row, due, share(row, **CHECKLIST), measures=wave)
            for row, due, wave in (
                ("9.2", "2022-10-15", "T0"),
                ("13.2", "2023-01-20", "H1"),
                ("18.2", "2023-06-20", "Y"),
            )
        ]
        return History(*listed, **more)

    def send(self, h, row, on, accept=True, school="s1", **points):
        h.fact(f"{row}/{school}/-", on, "checklist.submitted", answers(**points))
        if accept:
            h.act("report.accepted", f"{row}/{school}/-", report=h.last())

    def test_a_checklist_counts_for_its_wave_once_accepted(self):
        h = self.waves()
        self.send(h, "9.2", "2022-10-12", accept=False, a=(6, 10), b=(0, 10))
        sent = len(h.events)
        self.assertEqual(h.figure("I04", "T0"), (0, 0))
        h.act("report.accepted", "9.2/s1/-", report=h.last())
        self.assertEqual(h.figure("I04", "T0"), (6, 20))
        h.act(
            "fact.corrected",
            "9.2/s1/-",
            target=sent,
            target_id="-",
            items=answers(a=(7, 10), b=(0, 10))["items"],
            reason="",
        )
        self.assertEqual((h.figure("I04", "T0"), h.figure("I04", "H1")), ((7, 20), (0, 0)))

    def test_growth_looks_at_the_items_that_are_asked_alike(self):
        h = self.waves()
        self.send(h, "13.2", "2023-01-20", a=(9, 10), b=(2, 5), c=(4, 5), d=(1, 1))
        self.assertEqual(h.row("I05")["status"], "no_data")  # there is no input monitoring to grow from
        self.send(h, "9.2", "2022-10-12", a=(6, 10), b=(4, 5), c=(4, 10))
        self.assertEqual(h.figure("I05"), (100 * (3 - 2), 15))  # of c the maximum changed, d is new
        row = h.row("I05")
        self.assertEqual((row["achievement"], row["target"], row["weight"]), (Fraction(100, 15) / 10, 10, 4))
        self.assertNotIn(("school", "primorye", "s1", "2022-2023.T0", "I05"), h.values())

    def test_growth_may_be_negative_and_its_achievement_stays_within_bounds(self):
        for now, value, reached in [(2, -40, 0), (6, 0, 0), (7, 10, 1), (10, 40, 1)]:
            h = self.waves()
            self.send(h, "9.2", "2022-10-12", a=(6, 10))
            self.send(h, "18.2", "2023-06-15", a=(now, 10))
            row = h.row("I05", "Y", as_of="2023-07-01T00:00:00Z")
            self.assertEqual((row["value"], row["achievement"]), (value, reached))

    def test_growth_of_a_territory_is_over_schools_that_have_both(self):
        h = self.waves(schools=("s1", "s2"))
        self.send(h, "9.2", "2022-10-12", a=(6, 10))
        self.send(h, "13.2", "2023-01-20", a=(8, 10))
        self.send(h, "13.2", "2023-01-20", school="s2", a=(1, 10))
        self.assertEqual(h.figure("I05", level="region", org="primorye"), (200, 10))

    def test_corrected_answers_of_either_wave_decide(self):
        h = self.waves()
        self.send(h, "9.2", "2022-10-12", a=(6, 10))
        self.send(h, "13.2", "2023-01-20", a=(8, 10))
        h.act("fact.corrected", "9.2/s1/-", target=6, target_id="-", items=answers(a=(3, 10))["items"], reason="")
        self.assertEqual(h.figure("I05"), (500, 10))

    def test_materials_count_when_they_were_analysed(self):
        analysed = share("16.2", event="site.analysed", evidence_kind="site_analysis")
        h = History(plan_row("16.2", "2023-03-30", analysed, measures="information"))
        h.fact("16.2/s1/-", "2023-03-29", "site.analysed", {"materials": 14, "quality": {"points": 22, "max": 30}})
        row = h.row("I17", "H2", **YEAR_END)
        self.assertEqual(
            (row["numerator"], row["denominator"], row["target"], row["achievement"], row["status"]),
            (22, 30, None, None, "ok"),
        )
        self.assertNotIn(("school", "primorye", "s1", "2022-2023.H1", "I17"), h.values())


class Partners(unittest.TestCase):
    def test_they_count_at_the_end_of_the_period_three_kinds_a_school(self):
        partner = {"event": "partner.assigned", "evidence_kind": "partner_list"}
        rows = (
            plan_row("2.1", "2022-09-30", share("2.1", items=items("industrial", "academic"), **partner)),
            plan_row("3.1", "2022-10-30", share("3.1", **partner)),
        )
        h = History(*rows, schools=("s1", "s2"))

        def assign(obligation, first, last=None, partner="p"):
            h.fact(
                obligation,
                first,
                "partner.assigned",
                {"partner": partner, "kind": "academic", "valid_from": first, "valid_to": last},
            )

        def both():
            return h.figure("I06", **YEAR_END), h.figure("I06", "H2", **YEAR_END)

        assign("2.1/s1/industrial", "2022-09-20")
        assign("2.1/s1/academic", "2022-09-20", "2022-11-30")
        assign("3.1/s1/-", "2023-01-10")
        h.act("excuse.granted", "3.1/s2/-", reason="quarantine", basis="-")
        self.assertEqual(both(), ((1, 3), (2, 3)))
        self.assertEqual(
            h.figure("I06", "H2", as_of="2023-01-09T12:00:00+10:00"), (1, 3)
        )  # the report of the 10th is ahead
        self.assertEqual(h.figure("I06", level="region", org="primorye", **YEAR_END), (1, 5))
        h.fact(
            "2.1/s1/industrial",
            "2023-03-01",
            "partner.released",
            {"partner": "p", "kind": "industrial", "released_on": "2023-03-01", "basis": "-"},
        )
        self.assertEqual(both(), ((1, 3), (1, 3)))
        assign("2.1/s1/industrial", "2023-03-02", partner="q")
        self.assertEqual(both(), ((1, 3), (2, 3)))


class Surveys(unittest.TestCase):
    def asked(self, **more):
        first, second = (
            plan_row("8.2", "2022-10-14", share("8.2", event="survey.announced", **CONTROLLED)),
            plan_row("17.2", "2023-05-05", share("17.2", event="survey.announced")),
        )
        return History(first, second, **more)

    def count(self, h, obligation, audience, eligible, responded):
        h.fact(
            obligation,
            "2022-10-20",
            "survey.responses_counted",
            {"survey": "s", "audience": audience, "eligible": eligible, "responded": responded},
        )

    def test_the_latest_count_of_each_audience_adds_up(self):
        h = self.asked()
        self.count(h, "8.2/s1/-", "pupils", 60, 10)
        self.count(h, "8.2/s1/-", "parents", 50, 20)
        self.count(h, "8.2/s1/-", "pupils", 50, 40)
        self.count(h, "17.2/s1/-", "pupils", 50, 5)
        self.assertEqual((h.figure("I07"), h.figure("I07", "H2")), ((60, 100), (5, 50)))
        self.assertNotIn(("school", "primorye", "s1", "2022-2023", "I07"), h.values())

    def test_a_small_cell_hides_its_school_and_not_what_it_adds_to(self):
        h = self.asked(schools=("s1", "s2"), elsewhere=("s2",))
        self.count(h, "8.2/s1/-", "pupils", 4, 3)
        self.count(h, "8.2/s1/-", "parents", 10, 5)
        hidden = {
            "numerator": None,
            "denominator": None,
            "value": None,
            "achievement": None,
            "status": "suppressed",
            "target": Fraction(3, 5),
            "weight": 8,
        }
        only = [
            ("school", "s1"),
            ("municipality", "pogranichny"),
            ("region", "primorye"),
            ("country", "russia"),
            ("direction", "agro"),
        ]
        for level, org in only:  # the only school that counted anybody: a sum would show it
            row = h.row("I07", level=level, org=org)
            self.assertEqual({name: row[name] for name in hidden}, hidden, level)
        self.count(h, "8.2/s2/-", "pupils", 20, 10)
        self.assertEqual(
            [h.row("I07", level=level, org=org)["status"] for level, org in only],
            ["suppressed", "suppressed", "ok", "ok", "ok"],
        )
        self.assertEqual(h.figure("I07", level="region", org="primorye"), (18, 34))
        row = h.row("A", level="municipality", org="pogranichny")
        self.assertEqual(
            (row["denominator"], row["weight"]), (27, 97)
        )  # told, and without data as most: I01 to I03 have some

    def test_five_people_hide_nobody_and_neither_does_none(self):
        for eligible, status in [(5, "ok"), (4, "suppressed"), (1, "suppressed"), (0, "no_data")]:
            h = self.asked()
            self.count(h, "8.2/s1/-", "pupils", eligible, 0)
            self.assertEqual(h.row("I07")["status"], status, eligible)

    def test_what_is_released_is_not_asked(self):
        h = self.asked()
        self.count(h, "8.2/s1/-", "pupils", 20, 10)
        h.act("excuse.granted", "8.2/s1/-", reason="quarantine", basis="-")
        self.assertEqual(h.row("I07")["status"], "no_data")


class Openness(unittest.TestCase):
    def test_publications_and_corrected_plans_count_when_they_are_due(self):
        follows = share(
            "8.3p",
            event="document.published_on_site",
            due={"after_delivery": {"row": "8.3", "days": 10}},
            in_execution=False,
        )
        own = share("11.1", event="plan.corrected") | {"of": {"org": "mo-pk"}}
        h = History(
            plan_row("8.3", "2022-10-21", share("8.3"), follows),
            plan_row("11.1", "2022-11-10", share("11.1", event="plan.corrected"), own),
        )
        self.assertEqual(h.figure("I08", as_of="2022-11-10T12:00:00+10:00"), (0, 0))
        self.assertEqual(h.figure("I08", as_of="2022-11-11T12:00:00+10:00"), (0, 1))
        h.fact("8.3/s1/-", "2022-10-20")  # to be published by Sunday 30.10, so by Monday
        self.assertEqual(h.figure("I08", as_of="2022-10-31T12:00:00+10:00"), (0, 0))
        self.assertEqual(h.figure("I08", as_of="2022-11-01T12:00:00+10:00"), (0, 1))
        h.fact("8.3p/s1/-", "2022-11-05", "document.published_on_site")
        h.fact("11.1/mo-pk/-", "2022-11-05", "plan.corrected")
        self.assertEqual(h.figure("I08"), (1, 2))

    def test_a_link_is_looked_at_from_the_day_after_its_term(self):
        h = History(
            plan_row("6.1", "2022-10-15", share("6.1", event="site_link.published"))
        )  # a Saturday: until Monday 17.10

        def check(on, found=True):
            h.fact("6.1/s1/-", on, "site_link.verified" if found else "site_link.lost", {"url": "-", "checked_at": "-"})

        check("2022-10-17")
        for on, found in [
            ("2022-10-18", True),
            ("2022-10-18", False),
            ("2022-12-31", True),
            ("2023-01-01", False),
            ("2023-09-01", True),
        ]:
            check(on, found)
        self.assertEqual((h.figure("I09", **YEAR_END), h.figure("I09", "H2", **YEAR_END)), ((2, 3), (0, 1)))
        self.assertEqual(h.figure("I09", on="2022-12-30"), (1, 2))
        h.act("deadline.moved", "6.1/s1/-", due="2022-10-19", basis="-")
        self.assertEqual(h.figure("I09", **YEAR_END), (1, 1))

    def test_news_count_in_their_own_month(self):
        months = {"months": {"first": "2022-10", "last": "2022-12"}}
        h = History(
            plan_row("6.2", "2023-08-31", share("6.2", event="news.published", items=months, due="each_month_end"))
        )
        h.fact("6.2/s1/2022-10", "2022-10-03", "news.published")
        h.fact("6.2/s1/2022-11", "2022-10-30", "news.published")  # ahead of its month
        h.fact("6.2/s1/2022-12", "2022-11-30", "news.published")
        h.fact("6.2/s1/2022-12", "2022-12-08", "news.published")  # a further report, of the month
        self.assertEqual(h.figure("I10"), (2, 3))
        h.act("fact.retracted", "6.2/s1/2022-12", target=len(h.events), target_id="-", reason="")
        self.assertEqual(h.figure("I10"), (1, 3))
        self.assertEqual(h.figure("I10", on="2022-10-31"), (1, 2))  # December's news of 30.11 are ahead


class MethodicalWork(unittest.TestCase):
    def test_the_bank_is_asked_for_once_its_term_is_over_and_then_in_every_period(self):
        cells = items("outside-agro", "outside-natural-science", "elective-agro")
        bank = share("7.1", event="programme.published", items=cells) | {"of": {"org": "mo-pk"}}
        h = History(plan_row("7.1", "2022-11-15", bank))
        h.fact("7.1/mo-pk/outside-agro", "2022-11-01", "programme.published")
        publisher = {"level": "publisher", "org": "mo-pk"}
        self.assertEqual(h.row("I11", **publisher, as_of="2022-11-15T12:00:00+10:00")["status"], "no_data")
        self.assertEqual(h.year("I11", **publisher), [(1, 3)] * 3)
        self.assertEqual(h.year("I11", level="region", org="primorye"), [(1, 3)] * 3)
        self.assertEqual(h.figure("I11", level="country", org="russia"), (1, 3))
        self.assertEqual(h.figure("I11", level="direction", org="agro"), (1, 2))
        self.assertEqual(h.figure("I11", level="direction", org="natural-science"), (0, 1))
        self.assertEqual(h.row("I11", level="direction", org="pedagogical")["status"], "no_data")
        for level, org in [("school", "s1"), ("municipality", "pogranichny")]:
            self.assertNotIn((level, "primorye", org, "2022-2023", "I11"), h.values())
        h.act("excuse.granted", "7.1/mo-pk/elective-agro", reason="not-applicable", basis="-")
        self.assertEqual(h.figure("I11", **publisher), (1, 2))

    def test_days_are_held_by_authorities_and_attended_by_schools(self):
        h = History(plan_row("15.1", None, SEVEN_DAYS), schools=("s1", "s2"))
        region = {"level": "region", "org": "primorye"}
        self.assertEqual(h.year("I12", **region), [(0, 0), (0, 0), (0, 7)])
        self.assertEqual([h.row("I12", part)["status"] for part in ("H1", "H2", "Y")], ["no_data"] * 3)
        h.act("schedule.set", "15.1/mo-pk/1", due="2022-11-17", basis="-")
        h.act("schedule.set", "15.1/mo-pk/2", due="2022-12-08", basis="-")
        h.fact("15.1/mo-pk/1", "2022-11-17", "methodical_day.held", {"day_no": 1, "schools": ["s1"]})
        self.assertEqual(h.year("I12", **region), [(1, 2), (0, 0), (1, 7)])
        self.assertEqual(h.year("I12", level="publisher", org="mo-pk"), [(1, 2), (0, 0), (1, 7)])
        self.assertEqual((h.year("I12"), h.year("I12", org="s2")), ([(1, 1), (0, 0), (1, 1)], [(0, 1), (0, 0), (0, 1)]))
        h.act("schedule.set", "15.1/mo-pk/3", due="2023-02-01", basis="-")
        h.fact("15.1/mo-pk/3", "2023-01-25", "methodical_day.held", {"day_no": 3, "schools": ["s2", "s1"]})
        self.assertEqual(h.year("I12", org="s2"), [(0, 1), (1, 1), (1, 1)])
        self.assertEqual(h.year("I12", level="municipality", org="pogranichny"), [(1, 2), (2, 2), (2, 2)])
        self.assertEqual(h.year("I12", on="2023-01-24"), [(1, 1), (0, 0), (1, 1)])
        self.assertEqual(h.year("I12", **region, on="2023-01-24"), [(1, 2), (0, 0), (1, 7)])
        h.act("fact.retracted", "15.1/mo-pk/3", target=len(h.events), target_id="-", reason="")
        self.assertEqual(h.year("I12", org="s2"), [(0, 1), (0, 0), (0, 1)])
        self.assertNotIn(("direction", "primorye", "agro", "2022-2023", "I12"), h.values())

    def test_the_kit_counts_whole_whether_due_or_not(self):
        plans = share("4.1", event="direction_plan.sent", items=items("agro", "pedagogical"))
        h = History(
            plan_row("4.1", "2022-10-10", plans),
            plan_row("5.1", "2022-10-14", share("5.1", items=items("1", "2"))),
            plan_row("5.2", "2023-02-14", share("5.2")),
        )
        h.fact("4.1/s1/agro", "2022-10-10", "direction_plan.sent")
        h.fact("5.1/s1/1", "2022-10-30")
        self.assertEqual(h.figure("I13", as_of="2022-10-01T12:00:00+10:00"), (0, 4))
        self.assertEqual(h.figure("I13"), (2, 4))
        self.assertEqual(
            [h.figure("I13", level="direction", org=d) for d in ("agro", "pedagogical", "technological")],
            [(2, 3), (1, 3), (1, 2)],
        )
        h.act("excuse.granted", "5.1/s1/2", reason="not-applicable", basis="-")
        self.assertEqual(h.figure("I13"), (2, 3))
        self.assertNotIn(("school", "primorye", "s1", "2022-2023.H2", "I13"), h.values())


class Events(unittest.TestCase):
    def joint(self):
        told = {"event": "event_report.published", "items": "semesters", "due": "scheduled"}
        return History(plan_row("12.1", None, share("12.1", **told), share("12.1", **told) | {"of": {"org": "mo-pk"}}))

    def held(self, h, code, on, item="h1", org="s1", **more):
        h.fact(f"12.1/{org}/{item}", on, "activity.held", {"activity": code, "title": "-", "participants": 9} | more)

    def told(self, h, code, on, item="h1", org="s1"):
        return h.fact(
            f"12.1/{org}/{item}",
            on,
            "event_report.published",
            {"activity": code, "title": "-", "url": "-", "participants": 9},
        )

    def test_an_activity_is_told_of_within_ten_days(self):
        for on, expect in [("2022-11-30", 0), ("2022-12-01", 1), ("2022-12-11", 1), ("2022-12-12", 0)]:
            h = self.joint()
            self.held(h, "fair", "2022-12-01")
            self.assertEqual(h.year("I14"), [(0, 1), (0, 0), (0, 1)])
            self.told(h, "fair", on)
            self.assertEqual(h.year("I14"), [(expect, 1), (0, 0), (expect, 1)], on)

    def test_each_site_answers_for_itself_and_each_code_once(self):
        h = self.joint()
        for org in ("s1", "mo-pk"):
            self.held(h, "fair", "2022-12-01", org=org)
        self.held(h, "fair", "2022-12-20")
        self.held(h, "quiz", "2022-12-28")
        self.held(h, "quiz", "2023-01-10", item="h2")
        self.told(h, "fair", "2022-12-05", org="mo-pk")
        self.told(h, "quiz", "2023-01-03")
        self.assertEqual(h.year("I14"), [(1, 2), (0, 1), (1, 3)])
        self.assertEqual(h.figure("I14", level="publisher", org="mo-pk"), (1, 1))
        self.assertEqual(h.figure("I14", level="region", org="primorye"), (1, 2))

    def test_a_report_counts_as_corrected_and_while_it_is_live(self):
        h = self.joint()
        self.held(h, "fair", "2022-12-01")
        seq = self.told(h, "fair", "2022-12-20")
        h.act("fact.corrected", "12.1/s1/h1", target=seq, target_id="-", occurred_on="2022-12-09", reason="")
        self.assertEqual(h.figure("I14"), (1, 1))
        self.assertEqual(h.figure("I14", on="2022-12-08"), (0, 1))
        self.assertEqual(h.figure("I14", on="2022-11-30"), (0, 0))
        h.act("fact.retracted", "12.1/s1/h1", target=seq, target_id="-", reason="")
        self.assertEqual(h.figure("I14"), (0, 1))

    def test_an_activity_with_a_direction_enters_only_that_one(self):
        h = self.joint()
        self.held(h, "fair", "2022-12-01", direction="agro")
        self.held(h, "quiz", "2022-12-02")
        self.assertEqual(
            [h.figure("I14", level="direction", org=d) for d in ("agro", "technological")], [(0, 2), (0, 1)]
        )


class Advice(unittest.TestCase):
    def protocol(self, due="2022-11-05"):
        return History(plan_row("10.1", due, share("10.1", event="protocol.sent")))

    def advise(self, h, *given, on="2022-11-03"):
        listed = [{"id": name, "text": "-"} | ({"due": due} if due else {}) for name, due in given]
        return h.fact("10.1/s1/-", on, "protocol.sent", {"meeting": "m", "recommendations": listed})

    def close(self, h, name, on="2022-11-20"):
        h.fact("10.1/s1/-", on, "recommendation.closed", {"recommendation": name})

    def test_what_was_closed_or_should_have_been_counts(self):
        h = self.protocol()
        self.advise(h, ("r1", None), ("r2", "2022-12-01"), ("r3", "2023-03-01"))
        self.assertEqual(h.year("I15", as_of="2022-12-01T12:00:00+10:00"), [(0, 0)] * 3)
        self.assertEqual(h.year("I15", as_of="2022-12-02T12:00:00+10:00"), [(0, 1), (0, 0), (0, 1)])
        self.assertEqual(h.year("I15", as_of="2022-12-31T12:00:00+10:00"), [(0, 1), (0, 0), (0, 1)])
        self.assertEqual(
            h.year("I15", as_of="2023-01-01T12:00:00+10:00"), [(0, 2), (0, 0), (0, 2)]
        )  # r1: until the semester's end
        self.close(h, "r3")
        self.assertEqual(h.year("I15"), [(0, 2), (1, 1), (1, 3)])
        self.assertEqual(h.year("I15", on="2022-11-19"), [(0, 0)] * 3)

    def test_the_semester_is_that_of_the_protocol_where_it_names_no_day(self):
        h = self.protocol(due="2023-02-05")
        self.advise(h, ("r1", None), on="2023-02-01")
        self.close(h, "r1", on="2023-02-01")
        self.assertEqual(h.year("I15"), [(0, 0), (1, 1), (1, 1)])

    def test_it_stands_as_long_as_a_live_protocol_names_it(self):
        h = self.protocol()
        first = self.advise(h, ("r1", "2022-11-10"), ("r2", "2022-11-10"))
        self.advise(h, ("r1", "2023-02-10"), on="2022-11-04")
        self.close(h, "r1")
        self.assertEqual(h.figure("I15", "Y"), (1, 2))
        h.act("fact.retracted", "10.1/s1/-", target=first, target_id="-", reason="")
        self.assertEqual(h.year("I15"), [(0, 0), (1, 1), (1, 1)])  # r2 is gone, r1 is due as the other protocol says


class Loop(unittest.TestCase):
    ROWS = (
        ("9.1", "2022-10-10", "order.sent", ()),
        ("9.2", "2022-10-14", "checklist.submitted", ("9.1",)),
        ("9.3", "2022-10-31", "analytic_note.sent", ("9.2",)),
        ("10.1", "2022-11-07", "protocol.sent", ("8.3", "9.3")),
        ("11.1", "2022-11-10", "plan.corrected", ("10.1",)),
        ("16.1", "2023-03-15", "order.sent", ()),
        ("16.2", "2023-03-30", "site.analysed", ("16.1",)),
        ("16.3", "2023-03-31", "analytic_note.sent", ("16.2",)),
        ("20.1", "2023-08-01", "work_plan.developed", ("16.3", "9.2")),
    )

    def plan(self):
        return History(
            *[plan_row(row, due, share(row, event=event), after=after) for row, due, event, after in self.ROWS]
        )

    def do(self, h, row, on):
        h.fact(f"{row}/s1/-", on, next(event for r, _, event, _ in self.ROWS if r == row), {"items": []})

    def test_five_links_close_a_loop_and_no_other_rows(self):
        h = self.plan()
        self.assertEqual(h.year("I16", **YEAR_END), [(0, 5), (0, 0), (0, 5)])
        for n, (row, on) in enumerate(
            [
                ("9.1", "2022-10-10"),
                ("9.2", "2022-10-10"),
                ("9.3", "2022-10-20"),
                ("10.1", "2022-11-07"),
                ("11.1", "2022-11-10"),
            ],
            1,
        ):
            self.do(h, row, on)
            self.assertEqual(h.figure("I16"), (n, 5), row)
        self.assertEqual(h.figure("I16", on="2022-10-15"), (2, 2))

    def test_a_link_needs_its_time_and_the_link_before_it(self):
        h = self.plan()
        self.do(h, "9.1", "2022-10-12")  # late
        self.do(h, "9.2", "2022-10-12")  # in time, and not before its order
        self.do(h, "9.3", "2022-10-11")  # ahead of its checklist
        self.do(h, "11.1", "2022-11-09")  # its protocol is missing
        self.assertEqual(h.figure("I16"), (1, 5))

    def test_a_link_that_was_released_is_not_asked_and_closes_nothing(self):
        h = self.plan()
        h.act("excuse.granted", "9.1/s1/-", reason="not-applicable", basis="-")
        self.do(h, "9.2", "2022-10-12")
        self.assertEqual(h.figure("I16"), (0, 4))


class Reliability(unittest.TestCase):
    def test_a_fact_is_reliable_with_evidence_and_while_it_is_not_retracted(self):
        h = one(**CONTROLLED)
        h.fact("1.1/s1/-", "2022-10-09", evidence=[{"kind": "letter"}])
        self.assertEqual(h.year("I18"), [(1, 1), (0, 0), (1, 1)])
        h.act("report.returned", "1.1/s1/-", report=h.last(), reason="incomplete", rework_due="2022-10-17")
        self.assertEqual(h.figure("I18"), (1, 1))
        again = h.fact("1.1/s1/-", "2022-10-12", evidence=[])
        self.assertEqual(h.figure("I18"), (1, 2))
        h.act("evidence.attached", "1.1/s1/-", target_id=h.last(), evidence=[{"kind": "scan"}])
        self.assertEqual(h.figure("I18"), (2, 2))
        h.fact("1.1/s1/-", "2023-01-10")
        self.assertEqual(h.year("I18"), [(2, 2), (0, 1), (2, 3)])
        h.act("fact.retracted", "1.1/s1/-", target=again, target_id="-", reason="")
        self.assertEqual(
            (h.year("I18"), h.year("I18", on="2022-10-11")), ([(1, 2), (0, 1), (1, 3)], [(1, 1), (0, 0), (1, 1)])
        )

    def test_a_withdrawn_report_stays_a_fact_and_a_void_one_never_was(self):
        h = one(**CONTROLLED)
        h.fact("1.1/s1/-", "2022-10-09")
        h.act("report.withdrawn", "1.1/s1/-", report=h.last())
        h.act("excuse.granted", "1.1/s1/-", reason="quarantine", basis="-")
        h.fact("1.1/s1/-", "2022-10-10", evidence=[{"kind": "letter"}])
        self.assertEqual(h.figure("I18"), (0, 1))

    def test_evidence_of_a_bulk_fact_is_evidence_of_each_recipient(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), schools=("s1", "s2"))
        data = {
            "plan": PLAN,
            "region": "primorye",
            "row": "1.1",
            "item": "-",
            "event_type": "letter.sent",
            "recipients": ["s1", "s2"],
        }
        h.add(
            "bulk.recorded",
            "bulk/x",
            data | {"payload": {"details": {}, "evidence": [{"kind": "letter"}]}},
            "2022-10-10",
        )
        self.assertEqual(h.figure("I18", level="region", org="primorye"), (2, 2))
        h.add("bulk.retracted", "bulk/y", {"target_id": h.last(), "reason": "-"})
        self.assertEqual(h.figure("I18", level="region", org="primorye"), (0, 2))

    def test_reports_beyond_the_kept_ones_do_not_count(self):
        h = one()
        for _ in range(101):
            h.fact("1.1/s1/-", "2022-10-09")
        self.assertEqual(h.figure("I18"), (0, 100))

    def test_authorities_answer_for_their_own_facts(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1") | {"of": {"org": "mo-pk"}}))
        h.fact("1.1/mo-pk/-", "2022-10-09", evidence=[{"kind": "order"}])
        self.assertEqual(
            (h.figure("I18", level="publisher", org="mo-pk"), h.figure("I18", level="region", org="primorye")),
            ((1, 1), (0, 0)),
        )


class JudgedDay(unittest.TestCase):
    def test_a_day_is_judged_with_what_is_known_later(self):
        h = History(
            plan_row("1.1", "2022-10-10", share("1.1", **CONTROLLED)), plan_row("1.2", "2022-10-20", share("1.2"))
        )
        h.fact("1.1/s1/-", "2022-10-12", at="2022-12-01T00:00:00Z")
        h.fact("1.2/s1/-", "2022-10-19", at="2022-12-01T00:00:00Z")
        h.act("report.accepted", "1.1/s1/-", report="e7")
        three = ["I01", "I02", "I03"]
        self.assertEqual([h.figure(i, on="2022-10-10") for i in three], [(0, 0), (0, 0), (0, 0)])
        self.assertEqual([h.figure(i, on="2022-10-11") for i in three], [(0, 1), (0, 1), (1, 1)])
        self.assertEqual([h.figure(i, on="2022-10-12") for i in three], [(0, 1), (1, 1), (2, 1)])
        self.assertEqual([h.figure(i, on="2022-10-19") for i in three], [(1, 2), (2, 2), (2, 1)])
        early = {"as_of": "2022-11-30T00:00:00Z", "on": "2022-10-19"}  # nothing was known then
        self.assertEqual([h.figure(i, **early) for i in three], [(0, 1), (0, 1), (9, 1)])

    def test_the_counting_day_is_that_of_the_basis(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), rules=RULES | {"timeliness_basis": "recorded"})
        h.fact("1.1/s1/-", "2022-10-10", at="2022-10-12T01:00:00Z")
        self.assertEqual([h.figure("I02", on=f"2022-10-{d}") for d in (10, 11, 12)], [(0, 0), (0, 1), (1, 1)])

    def test_points_count_from_the_day_of_the_report(self):
        listed = share("9.2", **CHECKLIST)
        h = History(plan_row("9.2", "2022-10-15", listed, measures="T0"))
        h.fact("9.2/s1/-", "2022-10-12", "checklist.submitted", answers(a=(6, 10)))
        h.act("report.accepted", "9.2/s1/-", report=h.last())
        self.assertEqual([h.figure("I04", "T0", on=f"2022-10-{d}") for d in (11, 12)], [(0, 0), (6, 10)])

    def test_a_hold_is_over_when_its_last_day_is_before_the_day(self):
        h = one()
        h.act(
            "excuse.granted",
            "1.1/s1/-",
            reason="quarantine",
            basis="-",
            **{"from": "2022-10-03", "until": "2022-10-16"},
        )
        self.assertEqual([h.figure("I02", on=f"2022-10-{d}") for d in (16, 24, 25)], [(0, 0), (0, 0), (0, 1)])


if __name__ == "__main__":
    unittest.main()
