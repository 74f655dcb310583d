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
FACTS = frozenset(
    """order.issued order.sent partner.assigned direction_plan.sent letter.sent site_link.published
    news.published programme.published questionnaire.sent survey.announced survey.report_sent
    document.published_on_site checklist.submitted analytic_note.sent meeting.held protocol.sent plan.corrected
    event_report.published methodical_day.held site.analysed roadmap.developed work_plan.developed""".split()
)
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
class Obligation:
    """What a plan asks of one organisation, and everything that was recorded about it."""

    row: str
    share: dict
    measures: str | None
    due: date | None
    follows: tuple | None = None  # (delivery row, days)
    history: list = field(default_factory=list)


@dataclass
class Report:
    """A fact as it stands after corrections."""

    seq: int
    event_id: str
    on: date
    recorded: datetime
    score: tuple | None
    keeps: tuple | None = None  # day and instant of the returned report that this one mends in time


@dataclass
class State:
    """Where an obligation stands."""

    phase: str
    due: date | None
    live: list = field(default_factory=list)
    accepted: int | None = None  # position of the report that was accepted

    @property
    def done(self):
        return self.phase in ("submitted", "accepted")

    def done_on(self, region):
        """The day that decides timeliness: of the first live report, or of the report that it mends."""
        if not self.done:
            return None
        first = self.live[0]
        on, recorded = first.keeps or (first.on, first.recorded)
        return region.local(recorded) if region.recorded_basis else on

    def score(self):
        """Points of the accepted version."""
        if self.phase != "accepted":
            return None
        chosen = [r for r in self.live if r.seq == self.accepted] or self.live[:1]
        return chosen[0].score


def points(items):
    return sum(i["points"] for i in items), sum(i["max"] for i in items)


def fold(obligation, due):
    """Replays the history of one obligation; retracted facts are left out as if they never happened."""
    history = obligation.history
    gone = {e["data"]["target"] for e in history if e["type"] == "fact.retracted"}
    corrections = defaultdict(list)
    for e in history:
        if e["type"] == "fact.corrected":
            corrections[e["data"]["target"]].append(e["data"])
    state = State("open" if due else "unscheduled", due)
    moved = None
    rework = None  # (last day, day kept, instant kept)
    for e in history:
        kind, data = e["type"], e["data"]
        if kind in FACTS:
            if e["seq"] in gone or state.phase in ("excused", "cancelled", "not_applicable"):
                continue
            report = read_report(e, corrections[e["seq"]])
            if state.done:
                state.live.append(report)
                continue
            if rework and report.on <= rework[0]:
                report.keeps = rework[1:]
            rework = None
            state.live = [report]
            auto = obligation.share["acceptance"] == "auto"
            state.phase, state.accepted = ("accepted", report.seq) if auto else ("submitted", None)
        elif kind == "report.accepted" and state.phase == "submitted":
            named = [r for r in state.live if r.event_id == data["report"]]
            if named:
                state.phase, state.accepted = "accepted", named[0].seq
        elif kind == "report.returned" and state.phase == "submitted":
            first = state.live[0]
            rework = (day(data["rework_due"]), *(first.keeps or (first.on, first.recorded)))
            state.phase, state.live = "returned", []
        elif kind == "excuse.granted" and state.phase in ("unscheduled", "open", "submitted", "returned"):
            state.phase = "excused"
        elif kind == "schedule.set" and state.phase == "unscheduled":
            state.phase, state.due = "open", day(data["due"])
        elif kind == "deadline.moved" and state.phase != "unscheduled":
            moved = day(data["due"])
    state.due = moved or state.due
    return state


def read_report(e, corrections):
    details = e["data"].get("details", {})
    items = details.get("items") if e["type"] == "checklist.submitted" else None
    on = day(e["occurredon"])
    for c in corrections:
        on = day(c["occurred_on"]) if c.get("occurred_on") else on
        items = c["items"] if c.get("items") is not None else items
    return Report(e["seq"], e["id"], on, e["recorded"], points(items) if items is not None else None)


# ---------------------------------------------------------------- the world


class World:
    """Everything that the feed says up to an instant."""

    def __init__(self, events, as_of):
        self.regions, self.orgs, self.plans = {}, {}, {}
        self.units = {}  # (plan, org) -> {"year", "region", "school", "obligations": {(row, item): Obligation}}
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
        match e["type"]:
            case "region.configured":
                self.regions[data["rules"]["region"]] = Region(data["rules"])
            case "org.registered":
                self.orgs[data["code"]] = data
            case "plan.imported":
                self.plans[data["plan"]["code"]] = data["plan"]
            case "plan.activated":
                self.activate(data)
            case _ if e["subject"].count("/") == 3:
                plan, row, org, item = e["subject"].split("/")
                unit = self.units.get((plan, org))
                if unit and (row, item) in unit["obligations"]:
                    unit["obligations"][row, item].history.append(e)

    def activate(self, data):
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
                        owners = [plays.get(role, role)]
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

    states = {key: fold(o, o.due) for key, o in unit["obligations"].items() if not o.follows}
    for key, o in unit["obligations"].items():
        if o.follows:
            states[key] = fold(o, delivery_due(unit, states, *o.follows))
    for key, o in unit["obligations"].items():
        state = states[key]
        if o.share.get("in_execution", True):
            execution(add, region, unit["year"], state, today, end)
        if o.share["event"] == "checklist.submitted" and o.measures in PARTS and state.score():
            add("I04", o.measures, *state.score())
        if o.share["evidence_kind"] == "partner_list":
            on = state.done_on(region)
            for part, last in (("H1", middle), ("H2", end)):
                add("I06", part, int(on is not None and on <= last), 1)
    return sums


def delivery_due(unit, states, row, days):
    for (of, _), state in states.items():
        if of == row:
            return state.live[0].on + days * DAY if state.live else None
    return None


def execution(add, region, year, state, today, year_end):
    """I01 to I03: the state rules of the plan."""
    if state.phase in ("excused", "cancelled", "not_applicable"):
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
