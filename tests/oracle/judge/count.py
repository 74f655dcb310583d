"""Numerators and denominators of one organisation under one plan (docs/domain.md, sections 4.2 to 4.4)."""

from collections import defaultdict
from dataclasses import dataclass

from .calendar import DAY
from .world import shares_of

PARTS = ("T0", "H1", "H2", "Y")
SMALL_CELL = range(1, 5)
REPORT_DAYS = 10


@dataclass
class Sum:
    """What adds up: numerator, denominator, schools with rows, and schools that must be hidden."""

    n: int = 0
    d: int = 0
    given: int = 0
    hidden: int = 0

    def add(self, other):
        self.n, self.d = self.n + other.n, self.d + other.d
        self.given, self.hidden = self.given + other.given, self.hidden + other.hidden

    def of_one(self):
        """The same, of one organisation however many of its rows there are."""
        return Sum(self.n, self.d, min(self.given, 1), min(self.hidden, 1))


class Tally:
    """The rows of one organisation: (indicator, part, direction that it is tied to) -> Sum."""

    def __init__(self, world, unit):
        self.region, self.year = world.regions[unit["region"]], unit["year"]
        self.today = world.today(unit["region"])
        _, self.middle, self.end = self.region.bounds(self.year)
        self.sums = defaultdict(Sum)

    def add(self, indicator, parts, n, d, tie=None, hide=False):
        for part in parts:
            self.sums[indicator, part, tie].add(Sum(int(n), int(d), 1, int(hide)))

    def semester_of(self, day):
        """The parts in which a day counts, without the year."""
        semester = self.region.semester(self.year, day)
        return (semester,) if semester else ()

    def effective(self, o):
        """The day by which it must be done; by a schedule that nobody set: the year's last, not rolled."""
        return self.region.effective(o.due) if o.due else self.end

    def due_part(self, o):
        return self.semester_of(o.due)

    def done_on(self, o):
        return o.done_on(self.region, self.today)

    def is_due(self, o):
        """Done, or its day is over."""
        return o.counts_at_all and (self.done_on(o) is not None or self.effective(o) < self.today)

    def live(self, o):
        """The live reports of days that are not ahead."""
        return [report for report in o.live if report.on <= self.today]

    def score(self, o):
        """Points and maximum of the first live report, once taken off control."""
        return o.live[0].score if o.phase == "accepted" and self.done_on(o) is not None else None


def count_unit(world, unit):
    """(indicator, part, direction) -> Sum of one organisation under one plan."""
    tally = Tally(world, unit)
    obligations = list(unit["obligations"].values())
    for o in obligations:
        o.reach(tally.today)
    for o in obligations:
        execution(tally, o)
        evidence(tally, o)
        if o.counts_at_all and o.event == "event_report.published":
            activities(tally, o)
        if unit["school"]:
            of_school(tally, o)
        else:
            of_authority(tally, o)
    if unit["school"]:
        growth(tally, obligations)
        loop(tally, obligations, control_loop(unit["plan"]))
    return tally.sums


def execution(tally, o):
    """I01 to I03: the state rules of the plan."""
    if not o.share.get("in_execution", True) or not tally.is_due(o):
        return
    parts, due, on = (*tally.due_part(o), "Y"), tally.effective(o), tally.done_on(o)
    late = max(0, ((on or tally.today) - due).days)
    tally.add("I01", parts, on is not None and on <= due, 1, o.direction)
    tally.add("I02", parts, on is not None, 1, o.direction)
    if late:
        tally.add("I03", parts, min(late, tally.region.cap), 1, o.direction)


def evidence(tally, o):
    """I18: every fact that fulfilled a row, whatever became of it."""
    facts = [(r.on, r.evidenced) for r in o.live] + [(s.on, s.evidenced and not s.retracted) for s in o.spent]
    for on, good in facts:
        if on <= tally.today:
            tally.add("I18", (*tally.semester_of(on), "Y"), good, 1, o.direction)


def activities(tally, o):
    """I14: joint events that were told of within ten days."""
    for code, (held, direction) in o.activities.items():
        if held <= tally.today:
            told = any(r.activity == code and held <= r.on <= held + REPORT_DAYS * DAY for r in tally.live(o))
            tally.add("I14", (*tally.semester_of(held), "Y"), told, 1, direction or o.direction)


def of_school(tally, o):
    """Indicators that look at one obligation of a school."""
    score, due_part, tie = tally.score(o), tally.due_part(o), o.direction
    done = tally.done_on(o) is not None
    if o.event == "checklist.submitted" and o.measures in PARTS and score:
        tally.add("I04", (o.measures,), *score, tie)
    if o.event == "site.analysed" and score:
        tally.add("I17", due_part, *score, tie)
    if not o.counts_at_all:
        return
    if o.share["evidence_kind"] == "partner_list":
        for part, last in (("H1", tally.middle), ("H2", tally.end)):
            tally.add("I06", (part,), partner_in_force(tally.live(o), last), 1, tie)
    for eligible, responded in o.counts.values():
        tally.add("I07", due_part, responded, eligible, tie, hide=eligible in SMALL_CELL)
    if o.event in ("document.published_on_site", "plan.corrected") and tally.is_due(o):
        tally.add("I08", due_part, done, 1, tie)
    if o.event == "site_link.published":
        for on, good in o.checks:
            if tally.effective(o) < on <= tally.today:
                tally.add("I09", tally.semester_of(on), good, 1, tie)
    if o.event == "news.published" and tally.is_due(o):
        in_month = any(f"{r.on:%Y-%m}" == o.item for r in tally.live(o))
        tally.add("I10", due_part, done and in_month, 1, tie)
    if o.event in ("letter.sent", "direction_plan.sent"):
        tally.add("I13", due_part, done, 1, tie)
    for recommendation in o.recommendations.values():
        advice(tally, o, recommendation)


def partner_in_force(live, at):
    tenures = [r.partner for r in live if r.partner]
    return any(t["from"] <= at and (t["to"] is None or at <= t["to"]) for t in tenures)


def advice(tally, o, recommendation):
    """I15: a recommendation that was closed, or should have been."""
    seq, due = recommendation.given[0]
    if not any(r.seq == seq for r in tally.live(o)):
        return
    due = due or (tally.middle if "H1" in tally.due_part(o) else tally.end)
    closed = recommendation.closed is not None and recommendation.closed <= tally.today
    if closed or due < tally.today:
        tally.add("I15", (*tally.semester_of(due), "Y"), closed, 1, o.direction)


def of_authority(tally, o):
    """Indicators that look at one obligation of an authority."""
    if not o.counts_at_all:
        return
    done = tally.done_on(o) is not None
    if o.event == "programme.published" and tally.effective(o) < tally.today:
        tally.add("I11", ("H1", "H2", "Y"), done, 1, o.direction)
    if o.event == "methodical_day.held":
        tally.add("I12", ("Y",), done, 1, o.direction)
        if tally.is_due(o):
            tally.add("I12", tally.due_part(o), done, 1, o.direction)


def growth(tally, obligations):
    """I05: points gained since the input monitoring, on the items that are asked alike in both."""
    listed = [o for o in obligations if o.event == "checklist.submitted"]
    first = next((o for o in listed if o.measures == "T0" and tally.score(o)), None)
    if not first:
        return
    before = {(i["item"], i["max"]): i["points"] for i in first.live[0].items}
    for o in listed:
        if o.measures in ("H1", "Y") and tally.score(o):
            alike = [i for i in o.live[0].items if (i["item"], i["max"]) in before]
            gained = sum(i["points"] - before[i["item"], i["max"]] for i in alike)
            tally.add("I05", (o.measures,), 100 * gained, sum(i["max"] for i in alike), o.direction)


def control_loop(plan):
    """I16: the links of a plan, (row, event) -> the links before it. Order, checklist, note, protocol, correction."""
    rows, asked = {}, {}
    for row, share in shares_of(plan):
        if share["of"] == "schools":
            asked.setdefault(row["row"], set()).add(share["event"])
            rows[row["row"]] = row.get("depends_on") or []
    links, last = {}, []
    steps = (
        ("checklist.submitted",),
        ("analytic_note.sent",),
        ("protocol.sent",),
        ("plan.corrected", "work_plan.developed"),
    )
    for n, events in enumerate(steps):
        here = [(row, event) for row in rows for event in events if event in asked[row]]
        if n == 0:
            last = [
                (row, "order.sent")
                for row in rows
                if "order.sent" in asked[row] and any(row in rows[r] for r, _ in here)
            ]
            links = {link: [] for link in last}
        for row, event in here:
            before = [link for link in last if link[0] in rows[row]]
            if before or n == 0:
                links[row, event] = before
        last = [link for link in here if link in links]
    return links


def loop(tally, obligations, links):
    """I16: links that are done in time and behind the link before."""
    at = defaultdict(list)
    for o in obligations:
        at[o.plan_row, o.event].append(o)
    for link, before in links.items():
        for o in at[link]:
            if tally.is_due(o):
                on = tally.done_on(o)
                earlier = [tally.done_on(b) for one in before for b in at[one]]
                closed = on is not None and on <= tally.effective(o) and all(b is not None and b <= on for b in earlier)
                tally.add("I16", (*tally.due_part(o), "Y"), closed, 1, o.direction)


def attendance(world):
    """I12 of schools: (plan, region) -> the days that were held, each with who took part."""
    held = defaultdict(list)
    for (plan, _), unit in world.units.items():
        if not unit["school"]:
            tally = Tally(world, unit)
            for o in unit["obligations"].values():
                o.reach(tally.today)
                if o.event == "methodical_day.held" and tally.done_on(o) is not None:
                    held[plan, unit["region"]] += [(r.on, r.schools) for r in tally.live(o)]
    return held


def took_part(world, held, plan, school, unit, sums):
    """I12 of one school: whether it took part in a day, in each part in which one was held."""
    tally = Tally(world, unit)
    for part in ("H1", "H2", "Y"):
        there = [schools for on, schools in held[plan, unit["region"]] if part == "Y" or part in tally.semester_of(on)]
        if there:
            sums["I12", part, None].add(Sum(int(any(school in schools for schools in there)), 1, 1))
