"""Histories for the tests: events written one after the other, and the figures that come of them."""

import os
import sys

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
    "school_years": [
        {"school_year": "2022-2023", "h1_start": "2022-09-01", "h1_end": "2022-12-31", "h2_end": "2023-08-31"}
    ],
}
PLAN = "clusters"
CONTROLLED = {"acceptance": "controller"}


def share(row, event="letter.sent", **more):
    plain = {
        "row": row,
        "of": "schools",
        "holder": "school_head",
        "event": event,
        "acceptance": "auto",
        "evidence_kind": "letter",
    }
    return plain | more


def plan_row(row, end, *shares, measures=None, after=()):
    """A row of the plan; `after`: the rows that it depends on."""
    return {
        "row": row,
        "deadline": {"start": None, "end": end},
        "measures": measures,
        "depends_on": list(after),
        "shares": list(shares),
    }


def items(*codes):
    return {"list": [{"code": code, "name_ru": ""} for code in codes]}


class History:
    """Writes events one after the other."""

    def __init__(self, *rows, schools=("s1",), rules=RULES, elsewhere=()):
        """`elsewhere`: which of the schools are of another municipality, khanka."""
        self.events = []
        self.add("region.configured", "region/primorye", {"rules": rules})
        for code in schools:
            self.register(code, "khanka" if code in elsewhere else "pogranichny")
        self.add("org.registered", "org/mo-pk", {"code": "mo-pk", "kind": "authority", "region": "primorye"})
        plan = {"code": PLAN, "school_year": "2022-2023", "activities": [{"no": 1, "rows": list(rows)}]}
        self.add("plan.imported", f"plan/{PLAN}", {"plan": plan})
        active = {"plan": PLAN, "region": "primorye", "schools": list(schools)}
        self.add("plan.activated", f"activation/primorye/{PLAN}", active)

    def add(self, kind, subject, data, on="2022-10-01", at="2022-09-01T00:00:00Z", **more):
        seq = len(self.events) + 1
        self.events.append(
            {"seq": seq, "id": f"e{seq}", "type": kind, "subject": subject, "time": at, "occurredon": on, "data": data}
            | more
        )
        return seq

    def register(self, code, municipality="pogranichny"):
        place = {"code": municipality, "name_ru": "", "name_en": ""}
        self.add(
            "org.registered",
            f"org/{code}",
            {"code": code, "kind": "school", "region": "primorye", "municipality": place},
        )

    def fact(self, obligation, on, kind="letter.sent", details=None, **more):
        """A fact; `evidence`: what shows it."""
        evidence = {"evidence": more.pop("evidence")} if "evidence" in more else {}
        return self.add(kind, f"{PLAN}/{obligation}", {"details": details or {}} | evidence, on, **more)

    def act(self, kind, obligation, **data):
        return self.add(kind, f"{PLAN}/{obligation}", data)

    def last(self):
        """Id of the last event."""
        return self.events[-1]["id"]

    def values(self, as_of="2023-02-01T12:00:00+10:00", on=None):
        return oracle.expected(oracle.World(self.events, oracle.instant(as_of), oracle.day(on) if on else None))

    def row(self, indicator, part="H1", level="school", org="s1", **more):
        period = "2022-2023" if part == "Y" else f"2022-2023.{part}"
        region = None if level == "country" else "primorye"
        return self.values(**more)[level, region, org, period, indicator]

    def figure(self, indicator, *where, **more):
        row = self.row(indicator, *where, **more)
        return row["numerator"], row["denominator"]

    def year(self, indicator, **more):
        """The figures of both semesters and of the year."""
        return [self.figure(indicator, part, **more) for part in ("H1", "H2", "Y")]


def one(**more):
    """A plan of one row, due on Monday 2022-10-10."""
    return History(plan_row("1.1", "2022-10-10", share("1.1", **more)))


def rows_of(values, *columns):
    """The rows as the service would write them, with the columns that were asked for."""
    rows = []
    for key, figures in values.items():
        told = {name: plain(figures[name]) for name in (*oracle.ALWAYS, *columns)}
        rows.append(dict(zip(("level", "region", "org", "period", "indicator"), key)) | told)
    return rows


def plain(figure):
    if isinstance(figure, dict):
        return {name: plain(part) for name, part in figure.items()}
    return figure if figure is None or isinstance(figure, str) else float(figure)
