#!/usr/bin/env python3
"""An independent judge of the indicators: reads the change feed, recomputes every value, compares.

It shares no code with the service. What it knows comes from the rules of the plan (state rules, indicator
table, aggregation) and from the field names of the events. It counts in exact fractions and uses the
standard library only (Python 3.11 or newer).

    oracle.py --url http://127.0.0.1:8080 --token T [--feed-token T2] [--as-of 2023-07-01T00:00:00+10:00]
    oracle.py --feed feed.ndjson --values values.json [--as-of ...]

Prints each difference (the first fifty), then "N values compared, M differ". Exit codes: 0 all equal,
1 something differs, 2 wrong use or unreadable input.
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

PARTS = ("T0", "H1", "H2", "Y")
LEVELS = ("region", "municipality", "school", "publisher")
TERRITORY = ("region", "municipality", "school")
NO_LONGER_OWED = ("excused", "cancelled", "not_applicable")
OWED = ("unscheduled", "open", "submitted", "returned")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Indicator:
    """One line of the indicator table."""

    id: str
    target: Fraction
    better: str
    weight: int
    parts: tuple
    levels: tuple
    empty_is_zero: bool = False


INDICATORS = (
    Indicator("I01", Fraction("0.95"), "up", 14, ("H1", "H2", "Y"), LEVELS),
    Indicator("I02", Fraction(1), "up", 9, ("H1", "H2", "Y"), LEVELS),
    Indicator("I03", Fraction(3), "down", 4, ("H1", "H2", "Y"), LEVELS, empty_is_zero=True),
    Indicator("I04", Fraction("0.80"), "up", 14, ("T0", "H1", "Y"), TERRITORY),
    Indicator("I06", Fraction(1), "up", 9, ("H1", "H2"), TERRITORY),
)
COMPOSITE_PARTS = ("H1", "H2", "Y")
ENOUGH_WEIGHT = Fraction(1, 2)


# ---------------------------------------------------------------- calendar


def day(text):
    return date.fromisoformat(text)


def instant(text):
    """An RFC 3339 time; nanoseconds are cut to microseconds."""
    head, dot, tail = text.replace("Z", "+00:00").replace("z", "+00:00").partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        head += "." + tail[:digits][:6].ljust(6, "0") + tail[digits:]
    at = datetime.fromisoformat(head)
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def special_days(days):
    """Special days of a calendar and whether they are worked; an act later than its day changes nothing."""
    for d, special in days.items():
        if special.get("decreed_on") is None or day(special["decreed_on"]) <= day(d):
            yield d, special["kind"] in ("working_weekend", "shortened")


class Region:
    """The rules of one region, as `region.configured` gives them."""

    def __init__(self, rules):
        self.zone = ZoneInfo(rules["zone"])
        self.rule = rules["weekend_rule"]
        self.recorded_basis = rules.get("timeliness_basis", "occurred") == "recorded"
        self.cap = rules["lateness_cap_days"]
        self.cut_off = time.fromisoformat(rules["cut_off"]) if rules.get("cut_off") else None
        calendar = rules["calendar"]
        self.off = {day(x) for x in calendar.get("days_off", [])}
        self.worked = {day(x) for x in calendar.get("working_weekends", [])}
        self.weekend = (6,) if calendar.get("week") == "six_day" else (5, 6)
        self.special = {day(x): is_work for x, is_work in special_days(calendar.get("days", {}))}
        self.years = {y["school_year"]: (day(y["h1_start"]), day(y["h1_end"]), day(y["h2_end"])) for y in rules["school_years"]}

    def is_working(self, d):
        if d in self.special:
            return self.special[d]
        return d in self.worked if d.weekday() in self.weekend else d not in self.off

    def effective(self, due):
        step = {"none": None, "preceding": -DAY, "following": DAY}[self.rule]
        while step and not self.is_working(due):
            due += step
        return due

    def bounds(self, year):
        """First day, last day of semester I, last day of the school year."""
        first = int(year[:4])
        return self.years.get(year) or (date(first, 9, 1), date(first, 12, 31), date(first + 1, 8, 31))

    def semester(self, year, d):
        start, middle, end = self.bounds(year)
        if not start <= d <= end:
            return None
        return "H1" if d <= middle else "H2"

    def local(self, at):
        """The day that an instant counts for: from the cut-off on, the next one."""
        there = at.astimezone(self.zone)
        late = self.cut_off is not None and there.time() >= self.cut_off
        return there.date() + DAY if late else there.date()


# ---------------------------------------------------------------- one obligation


@dataclass
class Report:
    """A fact as it stands after corrections."""

    seq: int
    event_id: str
    on: date
    recorded: datetime
    score: tuple | None
    partner: dict | None  # code, first and last day
    kept: bool = False  # it mends a returned report in time, whose day and instant count for it


@dataclass
class Hold:
    """A release: for good, or until a day after which the term goes on."""

    back_to: str
    first: date
    last: date | None
    puts_off: bool = True


@dataclass
class Obligation:
    """What a plan asks of one organisation, and where that stands."""

    row: str
    share: dict
    measures: str | None
    stated: date | None
    follows: tuple | None = None  # (delivery row, days)
    phase: str = ""
    moved: date | None = None
    held: int = 0  # days on hold that put the term off
    live: list = field(default_factory=list)
    rework: tuple | None = None  # (last day, day kept, instant kept)
    hold: Hold | None = None

    def __post_init__(self):
        self.phase = "open" if self.stated else "unscheduled"

    @property
    def due(self):
        day_ = self.moved or self.stated
        return day_ + self.held * DAY if day_ else None

    @property
    def done(self):
        return self.phase in ("submitted", "accepted")

    def counted(self, report):
        """Day and instant of a report that decide timeliness."""
        return self.rework[1:] if report.kept else (report.on, report.recorded)

    def done_on(self, region):
        """The day that decides timeliness: of the first live report."""
        if not self.done:
            return None
        on, recorded = self.counted(self.live[0])
        return region.local(recorded) if region.recorded_basis else on

    def score(self):
        """Points of the first live report, once taken off control."""
        return self.live[0].score if self.phase == "accepted" else None

    def partner_in_force(self, at):
        tenures = [r.partner for r in self.live if r.partner]
        return any(t["from"] <= at and (t["to"] is None or at <= t["to"]) for t in tenures)

    # -- what happens to it

    def reach(self, today):
        """A hold that is over by a day has ended."""
        if self.hold and self.hold.last and self.hold.last < today:
            self.end_hold(self.hold.last)

    def end_hold(self, last):
        hold, self.hold = self.hold, None
        # A term that had run out before the hold does not begin again.
        if hold.last and hold.puts_off and self.due and self.due >= hold.first:
            self.held += max(0, (last - hold.first).days + 1)
        self.phase = hold.back_to

    def happen(self, e):
        self.reach(e["on"])
        name = e["type"]
        if name == self.share["event"]:
            self.report(e)
        elif name in ACTS:
            ACTS[name](self, e["data"], e)

    def report(self, e):
        if self.phase in NO_LONGER_OWED:
            return
        details = e["data"].get("details", {})
        checklist = details.get("items") if e["type"] == "checklist.submitted" else None
        partner = None
        if e["type"] == "partner.assigned" and "valid_from" in details:
            last = details.get("valid_to")
            partner = {"code": details["partner"], "from": day(details["valid_from"]), "to": day(last) if last else None}
        score = points(checklist) if checklist is not None else None
        report = Report(e["seq"], e["id"], e["on"], e["recorded"], score, partner)
        report.kept = self.in_time_again(report.on)
        self.live.append(report)
        if not self.done:
            self.phase = "accepted" if self.automatic else "submitted"

    @property
    def automatic(self):
        return self.share["acceptance"] == "auto"

    def in_time_again(self, on):
        return self.rework is not None and on <= self.rework[0]

    def named(self, event_id):
        return next((r for r in self.live if r.event_id == event_id), None)

    def without_report(self):
        return "returned" if self.rework else "open" if self.stated else "unscheduled"

    def accepted(self, data, _):
        if self.phase == "submitted" and self.named(data["report"]):
            self.phase = "accepted"

    def acceptance_revoked(self, data, _):
        if self.phase == "accepted" and not self.automatic and self.named(data["report"]):
            self.phase = "submitted"

    def sent_back(self, data, _, of=("submitted",)):
        """All reports go; what mends them in time keeps the first one's day."""
        if self.phase in of and self.named(data.get("report") or data.get("target_id")):
            self.rework = (day(data["rework_due"]), *self.counted(self.live[0]))
            self.phase, self.live = "returned", []

    def reopened(self, data, e):
        self.sent_back(data, e, of=("accepted",))

    def evidence_rejected(self, data, e):
        self.sent_back(data, e, of=("submitted", "accepted"))

    def withdrawn(self, data, _):
        report = self.named(data["report"])
        if self.phase == "submitted" and report:
            self.live.remove(report)
            self.phase = self.phase if self.live else self.without_report()

    def corrected(self, data, _):
        for report in self.live:
            if report.seq == data["target"]:
                if data.get("occurred_on"):
                    report.on = day(data["occurred_on"])
                    report.kept = self.in_time_again(report.on)
                if data.get("items") is not None:
                    report.score = points(data["items"])

    def retracted(self, data, _):
        gone = [r for r in self.live if r.seq == data["target"]]
        if not gone:
            return
        first = self.live[0] is gone[0]
        self.live.remove(gone[0])
        if self.hold and not self.live and self.hold.back_to in ("submitted", "accepted"):
            self.hold.back_to = self.without_report()
        if self.done and not self.live:
            self.phase = self.without_report()
        elif self.done and first and not self.automatic:
            self.phase = "submitted"  # the next report waits for its controller

    def excused(self, data, e):
        if self.phase in OWED:
            last = data.get("until")
            self.hold = Hold(self.phase, day(data["from"]) if data.get("from") else e["on"], day(last) if last else None)
            self.phase = "excused"

    def excuse_revoked(self, _, e):
        if self.phase == "excused":
            self.end_hold(e["on"] - DAY)

    def scheduled(self, data, _):
        if self.phase == "unscheduled":
            self.phase, self.stated = "open", day(data["due"])

    def day_cancelled(self, *_):
        if self.phase == "open":
            self.phase, self.stated, self.moved = "unscheduled", None, None

    def deadline_moved(self, data, _):
        if self.phase not in ("unscheduled", "cancelled", "not_applicable"):
            self.moved, self.held = day(data["due"]), 0  # the whole term is named: days on hold are in it
            if self.hold:
                self.hold.puts_off = False

    def partner_released(self, data, _):
        if self.phase not in NO_LONGER_OWED:
            details = data["details"]
            for tenure in (r.partner for r in self.live if r.partner and r.partner["code"] == details["partner"]):
                last = day(details["released_on"])
                tenure["to"] = min(tenure["to"] or last, last)

    # -- what happens to its row or its school

    def follow(self, delivery, days):
        """A derived publication is due so many days after its document came."""
        stated = delivery.live[0].on + days * DAY if delivery.done else None
        if stated != self.stated:
            self.stated = stated
            if self.phase in ("open", "unscheduled"):
                self.phase = "open" if stated else "unscheduled"

    def cancel(self):
        if self.phase not in ("accepted", "cancelled", "not_applicable"):
            self.phase, self.hold = "cancelled", None

    def amended(self, op):
        if op["change"] == "remove":
            self.cancel()
        elif self.phase not in ("accepted", "cancelled", "not_applicable"):
            self.stated = day(op["due"])
            self.phase = "open" if self.phase == "unscheduled" else self.phase

    def school_left(self, left_on):
        self.reach(left_on)
        if self.due is None or self.due >= left_on:
            self.cancel()


ACTS = {
    "report.accepted": Obligation.accepted,
    "acceptance.revoked": Obligation.acceptance_revoked,
    "report.returned": Obligation.sent_back,
    "obligation.reopened": Obligation.reopened,
    "evidence.rejected": Obligation.evidence_rejected,
    "report.withdrawn": Obligation.withdrawn,
    "fact.corrected": Obligation.corrected,
    "fact.retracted": Obligation.retracted,
    "excuse.granted": Obligation.excused,
    "excuse.revoked": Obligation.excuse_revoked,
    "schedule.set": Obligation.scheduled,
    "methodical_day.cancelled": Obligation.day_cancelled,
    "deadline.moved": Obligation.deadline_moved,
    "partner.released": Obligation.partner_released,
}


def points(items):
    return sum(i["points"] for i in items), sum(i["max"] for i in items)


# ---------------------------------------------------------------- the world


class World:
    """Everything that the feed says up to an instant."""

    def __init__(self, events, as_of):
        self.regions, self.orgs, self.plans = {}, {}, {}
        self.units = {}  # (plan, org) -> {"year", "region", "school", "obligations": {(row, item): Obligation}}
        self.proposals = {}  # event id -> the event that it will be, where, and when that was proposed
        self.bulk = {}  # event id -> the bulk fact
        self.as_of = as_of
        importing = False
        latest = {False: instant("0001-01-02T00:00:00Z"), True: instant("0001-01-02T00:00:00Z")}
        for e in sorted(events, key=lambda e: e["seq"]):
            if e["type"] in ("import.opened", "import.closed"):
                importing = e["type"] == "import.opened"
                latest[True] = instant("0001-01-02T00:00:00Z")
            claim = e.get("claimedat") if importing else None
            said = instant(claim or e.get("recordedat") or e.get("recorded_at") or e["time"])
            # Neither the log's clock nor the claims of an import run backwards.
            e["recorded"] = latest[bool(claim)] = max(said, latest[bool(claim)])
            if as_of is None or e["recorded"] <= as_of:
                self.take(e)

    def take(self, e):
        data = e.get("data") or {}
        e["on"] = day(e["occurredon"])
        match e["type"]:
            case "region.configured":
                self.regions[data["rules"]["region"]] = Region(data["rules"])
            case "org.registered":
                self.orgs[data["code"]] = data
            case "plan.imported":
                self.plans[data["plan"]["code"]] = data["plan"]
            case "plan.activated":
                self.activate(data)
            case "school.enrolled":
                self.enrol(data)
            case "school.withdrawn":
                for o in self.units[data["plan"], data["school"]]["obligations"].values():
                    o.school_left(day(data["left_on"]))
            case "plan.amended":
                self.amend(data)
            case "bulk.recorded":
                self.bulk[e["id"]] = e
                self.for_all(e, e | {"type": data["event_type"], "data": data["payload"]})
            case "bulk.retracted":
                fact = self.bulk.pop(data["target_id"], None)
                if fact:
                    self.for_all(fact, e | {"type": "fact.retracted", "data": {"target": fact["seq"]}})
            case "proposal.made":
                act = {"type": data["event_type"], "data": data["payload"], "on": day(data["occurred_on"])}
                self.proposals[e["id"]] = e | act
            case "proposal.confirmed":
                act = self.proposals.pop(data["proposal"], None)
                if act and act["type"] == "plan.amended":
                    self.amend(act["data"])
                elif act:
                    self.happen(act["subject"], act)
            case "proposal.declined":
                self.proposals.pop(data["proposal"], None)
            case _ if e["subject"].count("/") == 3:
                self.happen(e["subject"], e)

    def happen(self, subject, e):
        plan, row, org, item = subject.split("/")
        unit = self.units.get((plan, org))
        it = unit and unit["obligations"].get((row, item))
        if not it:
            return
        it.happen(e)
        for o in unit["obligations"].values():
            if o.follows and o.follows[0] == row:
                o.follow(it, o.follows[1])

    def for_all(self, fact, e):
        data = fact["data"]
        for org in data["recipients"]:
            self.happen(f"{data['plan']}/{data['row']}/{org}/{data['item']}", e)

    def amend(self, data):
        for (plan, _), unit in self.units.items():
            if plan == data["plan"] and unit["region"] == data["region"]:
                for (row, _), o in unit["obligations"].items():
                    for op in data["ops"]:
                        if op["row"] == row:
                            o.amended(op)

    def enrol(self, data):
        if (data["plan"], data["school"]) in self.units:
            return
        self.activate(data | {"schools": [data["school"]]}, authorities=False)
        for o in self.units[data["plan"], data["school"]]["obligations"].values():
            if o.stated and o.stated < day(data["joined_on"]):
                o.phase = "not_applicable"

    def activate(self, data, authorities=True):
        plan = self.plans[data["plan"]]
        plays = {a["role"]: a["org"] for a in data.get("authorities", [])}
        for school in data["schools"]:
            self.unit(plan, data, school, True)
        for activity in plan["activities"]:
            for row in activity["rows"]:
                for share in row["shares"]:
                    if share["of"] == "schools":
                        owners = data["schools"]
                    else:
                        role = share["of"]["org"]
                        owners = [plays.get(role, role)] if authorities else []
                    for owner in owners:
                        unit = self.unit(plan, data, owner, share["of"] == "schools")
                        for item in items_of(share):
                            unit["obligations"][share["row"], item] = obligation_of(row, share, item)

    def unit(self, plan, activation, org, school):
        fresh = {"year": plan["school_year"], "region": activation["region"], "school": school, "obligations": {}}
        return self.units.setdefault((plan["code"], org), fresh)


def items_of(share):
    items = share.get("items", "one")
    if items == "one":
        return ["-"]
    if items == "semesters":
        return ["h1", "h2"]
    if "list" in items:
        return [i["code"] for i in items["list"]]
    first, last = (tuple(map(int, items["months"][k].split("-"))) for k in ("first", "last"))
    out = []
    while first <= last:
        out.append(f"{first[0]:04}-{first[1]:02}")
        first = (first[0] + 1, 1) if first[1] == 12 else (first[0], first[1] + 1)
    return out


def obligation_of(row, share, item):
    rule = share.get("due", "plan")
    due, follows = None, None
    if rule == "plan":
        end = row["deadline"].get("end")
        due = day(end) if end else None
    elif rule == "each_month_end":
        year, month = map(int, item.split("-"))
        due = date(year + month // 12, month % 12 + 1, 1) - DAY
    elif isinstance(rule, dict) and "on" in rule:
        due = day(rule["on"])
    elif isinstance(rule, dict) and "after_delivery" in rule:
        follows = (rule["after_delivery"]["row"], rule["after_delivery"]["days"])
    return Obligation(share["row"], share, row.get("measures"), due, follows)


# ---------------------------------------------------------------- numerators and denominators


def count_unit(world, unit):
    """(indicator, part) -> [numerator, denominator] of one organisation under one plan."""
    region = world.regions[unit["region"]]
    today = region.local(world.as_of)
    _, middle, end = region.bounds(unit["year"])
    sums = defaultdict(lambda: [Fraction(0), Fraction(0)])

    def add(indicator, part, n, d):
        sums[indicator, part][0] += n
        sums[indicator, part][1] += d

    for o in unit["obligations"].values():
        o.reach(today)
        if o.share.get("in_execution", True):
            execution(add, region, unit["year"], o, today, end)
        if o.share["event"] == "checklist.submitted" and o.measures in PARTS and o.score():
            add("I04", o.measures, *o.score())
        if o.share["evidence_kind"] == "partner_list" and o.phase not in NO_LONGER_OWED:
            for part, last in (("H1", middle), ("H2", end)):
                add("I06", part, int(o.partner_in_force(last)), 1)
    return sums


def execution(add, region, year, state, today, year_end):
    """I01 to I03: the state rules of the plan."""
    if state.phase in NO_LONGER_OWED:
        return
    if state.due is None:  # by a schedule that nobody set: it counts in the year only, when that has ended
        parts, due = ["Y"], year_end
    else:
        semester = region.semester(year, state.due)
        parts, due = ["Y"] + ([semester] if semester else []), region.effective(state.due)
    on = state.done_on(region)
    if on is None and due >= today:
        return
    late = max(0, ((on or today) - due).days)
    for part in parts:
        add("I01", part, int(on is not None and on <= due), 1)
        add("I02", part, int(on is not None), 1)
        if late:
            add("I03", part, min(late, region.cap), 1)


# ---------------------------------------------------------------- values


def achievement(indicator, value):
    if indicator.better == "up":
        return min(Fraction(1), value / indicator.target)
    return Fraction(1) if value <= indicator.target else indicator.target / value


def tell(level, sums):
    """(indicator, part) -> the row's figures, from summed numerators and denominators."""
    out = {}
    for part in PARTS:
        told, have = Fraction(0), Fraction(0)
        score = Fraction(0)
        for indicator in INDICATORS:
            if part not in indicator.parts or level not in indicator.levels:
                continue
            n, d = sums.get((indicator.id, part), (Fraction(0), Fraction(0)))
            value = n / d if d else Fraction(0) if indicator.empty_is_zero else None
            reached = None if value is None else achievement(indicator, value)
            out[indicator.id, part] = row(n, d, value, indicator.target, reached, indicator.weight)
            told += indicator.weight
            if reached is not None:
                have += indicator.weight
                score += indicator.weight * reached
        if part not in COMPOSITE_PARTS:
            told = have = score = Fraction(0)
        enough = have > 0 and have >= ENOUGH_WEIGHT * told
        value = score / have if enough else None
        out["A", part] = row(score, have, value, None, value, told)
    return out


def row(n, d, value, target, reached, weight):
    status = "no_data" if value is None else "ok"
    return {"numerator": n, "denominator": d, "value": value, "target": target, "achievement": reached, "weight": weight, "status": status}


def expected(world):
    """Every row that the service must give: (level, region, org, period, indicator) -> figures."""
    by_org = {}
    for (_, org), unit in world.units.items():
        key = (unit["year"], org)
        place = by_org.setdefault(key, (unit, defaultdict(lambda: [Fraction(0), Fraction(0)])))
        merge(place[1], count_unit(world, unit))
    groups = {}
    for (year, org), (unit, sums) in by_org.items():
        known = world.orgs[org]
        region = known["region"]
        if known["kind"] != "school":
            groups["publisher", region, org, year] = sums
            continue
        groups["school", region, org, year] = sums
        above = [("region", region, region, year)]
        if known.get("municipality"):
            above.append(("municipality", region, known["municipality"]["code"], year))
        for place in above:
            merge(groups.setdefault(place, defaultdict(lambda: [Fraction(0), Fraction(0)])), sums)
    out = {}
    for (level, region, org, year), sums in groups.items():
        for (indicator, part), figures in tell(level, sums).items():
            period = year if part == "Y" else f"{year}.{part}"
            out[level, region, org, period, indicator] = figures
    return out


def merge(into, sums):
    for key, (n, d) in sums.items():
        into[key][0] += n
        into[key][1] += d


# ---------------------------------------------------------------- comparison

TOLERANCE = Fraction(1, 10**12)


def close(a, b):
    return abs(a - b) <= TOLERANCE * max(1, abs(a))


def differences(want, rows):
    """Compares; yields one text a difference. Sums must be exact, quotients to 1e-12."""
    seen = set()
    for r in rows:
        key = (r["level"], r["region"], r["org"], r["period"], r["indicator"])
        name = " ".join(str(k) for k in key)
        if key in seen:
            yield f"{name}: given twice"
            continue
        seen.add(key)
        if key not in want:
            yield f"{name}: not expected, given {r['numerator']} / {r['denominator']}"
            continue
        for column, right in want[key].items():
            given = r[column]
            if column == "status" or right is None or given is None:
                same = given == right
            elif column in ("numerator", "denominator") and key[4] != "A":
                same = Fraction(given) == right
            else:
                same = close(right, Fraction(given))
            if not same:
                yield f"{name}: {column} is {given}, expected {right if column == 'status' or right is None else show(right)}"
    for key in sorted(set(want) - seen):
        yield f"{' '.join(key)}: missing"


def show(x):
    return f"{x} = {float(x):.15g}" if x.denominator != 1 else str(x)


# ---------------------------------------------------------------- input


def fetch(url, token):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode("utf-8")


def read_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def read_feed(source, token):
    if not source.startswith("http"):
        with open(source, encoding="utf-8") as file:
            return read_lines(file.read())
    events, after = [], 0
    while page := read_lines(fetch(f"{source}?after={after}&limit=10000", token)):
        events += page
        after = page[-1]["seq"]
    return events


def read_values(source, token, as_of):
    """The rows, and the as-of instant that the answer names."""
    if source.startswith("http"):
        rows, said, cursor = [], None, {"as_of": as_of} if as_of else {}
        while True:
            answer = json.loads(fetch(source + ("?" + urllib.parse.urlencode(cursor) if cursor else ""), token))
            rows += answer["data"]
            said = answer.get("as_of", said)
            if not answer.get("next"):
                return rows, said
            cursor["cursor"] = answer["next"]
    with open(source, encoding="utf-8") as file:
        text = file.read()
    try:
        answer = json.loads(text)
    except json.JSONDecodeError:
        answer = read_lines(text)
    if isinstance(answer, list):
        return answer, None
    return (answer["data"], answer.get("as_of")) if "data" in answer else ([answer], None)


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="address of the service; its feed and its values are read")
    parser.add_argument("--feed", help="NDJSON file or address of the feed")
    parser.add_argument("--values", help="JSON or NDJSON file or address of the values")
    parser.add_argument("--token", help="bearer token for both")
    parser.add_argument("--feed-token", help="bearer token for the feed, where another role reads it")
    parser.add_argument("--as-of", help="RFC 3339 instant; default: the one that the values name")
    given = parser.parse_args(argv)
    if given.url:
        base = given.url.rstrip("/")
        given.feed = given.feed or f"{base}/api/v1/feed"
        given.values = given.values or f"{base}/api/v1/values"
    if not given.feed or not given.values:
        parser.error("give --url, or both --feed and --values")
    return given


def main(argv=None):
    given = arguments(argv)
    try:
        rows, said = read_values(given.values, given.token, given.as_of)
        as_of = given.as_of or said
        if as_of is None:
            print("the values name no as_of: give --as-of", file=sys.stderr)
            return 2
        world = World(read_feed(given.feed, given.feed_token or given.token), instant(as_of))
    except (OSError, ValueError, KeyError, urllib.error.URLError) as problem:
        print(f"cannot read the input: {problem!r}", file=sys.stderr)
        return 2
    want = expected(world)
    found = list(differences(want, rows))
    for text in found[:50]:
        print(text)
    if len(found) > 50:
        print(f"... and {len(found) - 50} more")
    if not want:
        print("the feed holds no active plan: nothing to compare")
    print(f"{len(set(want) | {(r['level'], r['region'], r['org'], r['period'], r['indicator']) for r in rows})} values compared, {len(found)} differ")
    return 1 if found or not want else 0


if __name__ == "__main__":
    sys.exit(main())
