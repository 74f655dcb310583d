#!/usr/bin/env python3
"""Holds the oracle to what is made of the sums: levels, directions, targets, versions, composite, spread, rating."""

import unittest
from fractions import Fraction

from history import History, items, one, plan_row, share

import oracle

REGION = {"level": "region", "org": "primorye"}
COUNTRY = {"level": "country", "org": "russia"}


def direction(name):
    return {"level": "direction", "org": name}


def municipality(name="pogranichny"):
    return {"level": "municipality", "org": name}


def place(code):
    return {"code": code, "name_ru": "", "name_en": ""}


class Territories(unittest.TestCase):
    def test_authorities_stand_apart_and_territories_add_up_schools(self):
        own = share("1.2") | {"of": {"org": "mo-pk"}}
        h = History(plan_row("1.1", "2022-10-10", share("1.1"), own), schools=("s1", "s2"))
        h.fact("1.1/s1/-", "2022-10-10")
        self.assertEqual([h.figure("I01", **where) for where in (municipality(), REGION, COUNTRY)], [(1, 2)] * 3)
        self.assertEqual(h.figure("I01", level="publisher", org="mo-pk"), (0, 1))
        self.assertNotIn(("publisher", "primorye", "mo-pk", "2022-2023.H1", "I06"), h.values())

    def test_the_country_adds_up_regions_each_by_its_own_day(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")))
        rules = h.events[0]["data"]["rules"] | {"region": "far", "zone": "Europe/Moscow"}
        h.add("region.configured", "region/far", {"rules": rules})
        h.add(
            "org.registered", "org/f1", {"code": "f1", "kind": "school", "region": "far", "municipality": place("east")}
        )
        h.add("plan.activated", "activation/far/clusters", {"plan": "clusters", "region": "far", "schools": ["f1"]})
        self.assertEqual(
            h.figure("I01", **COUNTRY, as_of="2022-10-11T00:00:00+10:00"), (0, 1)
        )  # in Moscow it is the tenth
        self.assertEqual(h.figure("I01", **COUNTRY, as_of="2022-10-11T00:00:00+03:00"), (0, 2))
        self.assertEqual(h.figure("I01", **REGION), (0, 1))

    def test_a_school_that_moves_takes_its_figures_along(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), schools=("s1", "s2"))
        h.add(
            "org.transferred",
            "org/s1",
            {"org": "s1", "municipality": place("khanka"), "basis": "-"},
            at="2022-12-01T00:00:00Z",
        )
        h.fact("1.1/s1/-", "2022-10-09", at="2022-12-02T00:00:00Z")
        before = {"as_of": "2022-11-30T00:00:00Z"}
        self.assertEqual(h.figure("I01", **municipality(), **before), (0, 2))
        self.assertNotIn(("municipality", "primorye", "khanka", "2022-2023.H1", "I01"), h.values(**before))
        self.assertEqual(
            (h.figure("I01", **municipality()), h.figure("I01", **municipality("khanka"))), ((0, 1), (1, 1))
        )
        self.assertEqual(h.figure("I01", **REGION), (1, 2))


class Directions(unittest.TestCase):
    def history(self):
        plans = share("4.1", event="direction_plan.sent", items=items("agro", "technological"))
        return History(
            plan_row("4.1", "2022-10-10", plans), plan_row("1.1", "2022-10-10", share("1.1")), schools=("s1", "s2")
        )

    def open_class(self, h, school, name):
        h.add(
            "class.opened",
            f"class/primorye/{school}-{name}",
            {"class": f"{school}-{name}", "school": school, "grade": 10, "direction": name, "pupils": 20},
        )

    def test_a_school_enters_each_of_its_directions_and_one_that_names_none_all(self):
        h = self.history()
        self.assertEqual(
            [h.figure("I02", **direction(d)) for d in ("agro", "pedagogical", "technological", "natural-science")],
            [(0, 4), (0, 2), (0, 4), (0, 2)],
        )
        self.open_class(h, "s1", "agro")
        self.open_class(h, "s1", "pedagogical")
        self.open_class(h, "s2", "agro")
        self.assertEqual([h.figure("I02", **direction(d)) for d in ("agro", "pedagogical")], [(0, 4), (0, 1)])
        self.assertEqual(h.figure("I02", **REGION), (0, 6))
        told = {key[2] for key in h.values() if key[0] == "direction"}
        self.assertEqual(told, {"agro", "pedagogical"})  # one that no school has is not told

    def test_what_is_tied_to_a_direction_enters_that_one_only(self):
        h = self.history()
        h.fact("4.1/s1/agro", "2022-10-10", "direction_plan.sent")
        self.assertEqual([h.figure("I02", **direction(d)) for d in ("agro", "technological")], [(1, 4), (0, 4)])

    def test_an_enrolment_names_directions_too(self):
        h = self.history()
        h.register("s3")
        h.add(
            "school.enrolled",
            "activation/x",
            {
                "plan": "clusters",
                "region": "primorye",
                "school": "s3",
                "directions": ["agro"],
                "joined_on": "2022-09-01",
            },
        )
        self.assertEqual([h.figure("I02", **direction(d)) for d in ("agro", "pedagogical")], [(0, 6), (0, 2)])


class Targets(unittest.TestCase):
    def set(self, h, indicator="I01", **more):
        h.add(
            "indicator.target_set",
            "target/primorye",
            {"region": "primorye", "indicator": indicator, "basis": "-"} | more,
        )

    def told(self, h, part="H1", **where):
        row = h.row("I01", part, **where)
        return row["target"], row["weight"]

    def test_the_newest_wins_and_each_of_the_two_stands_for_itself(self):
        h = one()
        self.assertEqual(self.told(h), (Fraction("0.95"), 14))
        self.set(h, target=0.9)
        self.set(h, weight=20)
        self.set(h, target=0.5)
        for where in ({}, municipality(), REGION, direction("agro")):
            self.assertEqual(self.told(h, **where), (Fraction(1, 2), 20), where)
        self.assertEqual(self.told(h, **COUNTRY), (Fraction("0.95"), 14))

    def test_a_municipality_beats_its_region_and_a_period_the_general_one(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")), schools=("s1", "s2"), elsewhere=("s2",))
        self.set(h, municipality="khanka", target=0.4)
        self.set(h, period="2022-2023.H1", target=0.6)
        self.set(h, target=0.5)
        targets = [
            self.told(h, part, **where)[0] * 10
            for where in ({}, {"org": "s2"}, municipality("khanka"), REGION)
            for part in ("H1", "Y")
        ]
        self.assertEqual(targets, [6, 5, 4, 4, 4, 4, 6, 5])
        self.set(h, municipality="khanka", period="2022-2023", target=0.3)
        self.assertEqual([self.told(h, part, org="s2")[0] * 10 for part in ("H1", "Y")], [4, 3])

    def test_another_target_and_weight_are_what_the_composite_counts(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1", items=items("a", "b"))))
        h.fact("1.1/s1/a", "2022-10-10")
        self.set(h, target=0.5)
        self.set(h, weight=100)
        row, a = h.row("I01"), h.row("A")
        self.assertEqual((row["value"], row["achievement"]), (Fraction(1, 2), 1))
        # I01 100 · 1, I02 9 · 0.5, I03 4 · 3/60, I13 4 · 0.5
        self.assertEqual(
            (a["numerator"], a["denominator"], a["weight"]),
            (100 + Fraction(9, 2) + Fraction(1, 5) + 2, 117, 97 - 14 + 100),
        )

    def test_what_had_no_target_gets_one_and_is_left_out_until_then(self):
        analysed = share("16.2", event="site.analysed", evidence_kind="site_analysis")
        h = History(plan_row("16.2", "2023-03-30", analysed))
        h.fact("16.2/s1/-", "2023-01-29", "site.analysed", {"materials": 1, "quality": {"points": 3, "max": 10}})
        self.set(h, "I17", weight=50)
        self.assertEqual((h.row("A", "H2")["denominator"], h.row("A", "H2")["weight"]), (27, 125))
        self.set(h, "I17", target=0.6)
        self.assertEqual((h.row("I17", "H2")["achievement"], h.row("A", "H2")["denominator"]), (Fraction(1, 2), 77))


class Versions(unittest.TestCase):
    def define(self, h, **more):
        plain = {
            "id": "I19",
            "version": 1,
            "target": 0.5,
            "better": "up",
            "weight": 10,
            "periods": ["H1"],
            "levels": ["school"],
            "when_empty": "no_data",
        }
        h.add("indicator.defined", "indicator/i19-v1", {"definition": plain | more, "basis": "-"})

    def given(self, indicator="I19", n=1, d=4):
        key = ("school", "primorye", "s1", "2022-2023.H1", indicator)
        return {key: {"numerator": n, "denominator": d, "value": n / d, "status": "ok"}}

    def rows(self, h, given):
        return oracle.expected(oracle.World(h.events, oracle.instant("2023-02-01T00:00:00Z")), given)

    def test_a_formula_by_event_is_taken_as_given_and_its_arithmetic_held(self):
        h = one()
        self.define(h)
        rows = self.rows(h, self.given())
        row, a = (rows["school", "primorye", "s1", "2022-2023.H1", name] for name in ("I19", "A"))
        self.assertEqual((row["value"], row["achievement"], row["weight"]), (Fraction(1, 4), Fraction(1, 2), 10))
        self.assertEqual((a["denominator"], a["weight"]), (41, 107))

    def test_the_newest_version_counts_from_its_school_year_on(self):
        for since, version, weight in [("2022-2023", 3, 10), ("2023-2024", 2, 9), (None, 3, 10)]:
            h = one()
            self.define(h, id="I06", version=3, **({"from": since} if since else {}))
            row = self.rows(h, self.given("I06"))["school", "primorye", "s1", "2022-2023.H1", "I06"]
            self.assertEqual((row["version"], row["weight"]), (version, weight), since)


class Composite(unittest.TestCase):
    def test_the_weights_told_are_those_of_the_page(self):
        told = {
            "school": (97, 75, 60),
            "municipality": (97, 75, 60),
            "region": (100, 78, 63),
            "country": (100, 78, 63),
            "direction": (96, 74, 59),
            "publisher": (38, 38, 38),
        }
        h = History(plan_row("1.1", "2022-10-10", share("1.1"), share("1.2") | {"of": {"org": "mo-pk"}}))
        orgs = {
            "school": "s1",
            "municipality": "pogranichny",
            "region": "primorye",
            "country": "russia",
            "direction": "agro",
            "publisher": "mo-pk",
        }
        for level, weights in told.items():
            rows = [h.row("A", part, level=level, org=orgs[level]) for part in ("H1", "H2", "Y")]
            self.assertEqual(tuple(row["weight"] for row in rows), weights, level)
        self.assertEqual(sum({i.id: i.weight for i in oracle.INDICATORS}.values()), 100)

    def test_it_needs_half_of_the_weight_that_is_told(self):
        own = share("1.1") | {"of": {"org": "mo-pk"}}
        h = History(plan_row("1.1", "2022-10-10", own))
        row = h.row("A", level="publisher", org="mo-pk")
        self.assertEqual((row["denominator"], row["weight"], row["status"], row["band_code"]), (27, 38, "ok", "below"))
        row = h.row("A", level="publisher", org="mo-pk", as_of="2022-09-02T00:00:00Z")
        self.assertEqual(
            (row["denominator"], row["value"], row["status"], row["band_code"]), (4, None, "no_data", None)
        )
        row = one().row("A")
        self.assertEqual((row["denominator"], row["weight"], row["status"]), (31, 97, "no_data"))  # I01 to I03, I13
        row = one().row("A", "T0")
        self.assertEqual((row["denominator"], row["weight"], row["status"]), (0, 0, "no_data"))

    def test_bands_include_their_lower_edge(self):
        for value, band in [
            (Fraction(9, 10), "reached"),
            (Fraction(899, 1000), "partly"),
            (Fraction(7, 10), "partly"),
            (Fraction(69, 100), "below"),
            (None, None),
        ]:
            self.assertEqual(oracle.band(value), band)


class Beside(unittest.TestCase):
    def three(self):
        """Three schools of two municipalities: 2 of 2, 1 of 2 and none of 2 in time."""
        h = History(
            plan_row("1.1", "2022-10-10", share("1.1", items=items("a", "b"))),
            schools=("s1", "s2", "s3"),
            elsewhere=("s3",),
        )
        for obligation in ("s1/a", "s1/b", "s2/a"):
            h.fact(f"1.1/{obligation}", "2022-10-10")
        return h

    def test_spread_is_over_the_values_of_schools(self):
        spread = self.three().row("I01", **REGION)["spread"]
        self.assertEqual(
            spread,
            {
                "min": 0,
                "q1": Fraction(1, 4),
                "median": Fraction(1, 2),
                "q3": Fraction(3, 4),
                "max": 1,
                "mean": Fraction(1, 2),
                "schools": 3,
            },
        )
        spread = self.three().row("I01", **municipality())["spread"]
        self.assertEqual(
            [spread[x] for x in ("min", "q1", "median", "mean", "schools")],
            [Fraction(1, 2), Fraction(5, 8), Fraction(3, 4), Fraction(3, 4), 2],
        )
        self.assertIsNone(self.three().row("I01")["spread"])
        nothing = self.three().row("I05", **COUNTRY)["spread"]
        self.assertEqual((nothing["schools"], nothing["mean"], nothing["max"]), (0, None, None))

    def test_quartiles_lie_between_the_nearest_ranks(self):
        self.assertEqual(
            [oracle.spread([4, 1, 3, 2])[x] for x in ("q1", "median", "q3")],
            [Fraction(7, 4), Fraction(5, 2), Fraction(13, 4)],
        )

    def test_rating_is_in_parts_of_the_best_municipality(self):
        h = self.three()
        ratings = [h.row("I01", **municipality(name))["rating"] for name in ("pogranichny", "khanka")]
        self.assertEqual(ratings, [100, 0])
        h.fact("1.1/s3/a", "2022-10-09")
        self.assertEqual(h.row("I01", **municipality("khanka"))["rating"], Fraction(200, 3))  # 1/2 of 3/4
        self.assertIsNone(h.row("I01", **REGION)["rating"])
        self.assertIsNone(h.row("I07", **municipality())["rating"])

    def test_without_any_achievement_there_is_no_rating(self):
        h = History(plan_row("1.1", "2022-10-10", share("1.1")))
        self.assertIsNone(h.row("I01", **municipality())["rating"])


if __name__ == "__main__":
    unittest.main()
