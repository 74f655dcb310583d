"""Everything that the feed says up to a moment: regions, organisations, plans, obligations, targets."""

from datetime import date
from fractions import Fraction

from .calendar import DAY, Region, day, instant
from .obligation import DIRECTIONS, Obligation

NEVER = "0001-01-02T00:00:00Z"


def timed(events):
    """The events in the order of the log, each with the day that it claims and the moment that it was recorded."""
    importing = False
    latest = {False: instant(NEVER), True: instant(NEVER)}
    out = []
    for e in sorted(events, key=lambda e: e["seq"]):
        if e["type"] in ("import.opened", "import.closed"):
            importing = e["type"] == "import.opened"
            latest[True] = instant(NEVER)
        claim = e.get("claimedat") if importing else None
        said = instant(claim or e.get("recordedat") or e.get("recorded_at") or e["time"])
        # Neither the log's clock nor the claims of an import run backwards.
        latest[bool(claim)] = max(said, latest[bool(claim)])
        out.append(e | {"recorded": latest[bool(claim)], "on": day(e["occurredon"])})
    return out


class World:
    """The state of a feed as of an instant.

    `on`: the day that is judged, where it is not that of the instant. `keep`: which of the events are heeded,
    by default those recorded up to the instant.
    """

    def __init__(self, events, as_of, on=None, keep=None):
        self.regions, self.orgs, self.plans = {}, {}, {}
        self.units = {}  # (plan, org) -> {"plan", "year", "region", "school", "obligations": {(row, item): Obligation}}
        self.proposals = {}  # event id -> the event that it will be, where, and when that was proposed
        self.bulk = {}  # event id -> the bulk fact
        self.named = {}  # school -> directions that its classes and its enrolment name
        self.targets = []  # payloads of indicator.target_set, the newest last
        self.defined = []  # definitions of indicator.defined
        self.as_of, self.on = as_of, on
        for e in timed(events):
            if keep(e) if keep else as_of is None or e["recorded"] <= as_of:
                self.take(e)

    def today(self, region):
        """The day that is judged."""
        return self.on or self.regions[region].local(self.as_of)

    def directions(self, school):
        """The directions of a school; one that names none has all four."""
        return self.named.get(school) or set(DIRECTIONS)

    def target(self, indicator, period, region, municipality):
        """Target and weight that were set for a row: a municipality's before its region's, a period's before the
        general one, then the newest. `None` where none was set."""
        best = {"target": (None, None), "weight": (None, None)}
        for n, one in enumerate(self.targets):
            place, when = one.get("municipality"), one.get("period")
            if (
                (one["region"], one["indicator"]) != (region, indicator)
                or place not in (None, municipality)
                or when not in (None, period)
            ):
                continue
            rank = (place is not None, when is not None, n)
            for what in best:
                if one.get(what) is not None and (best[what][0] is None or best[what][0] < rank):
                    best[what] = (rank, Fraction(str(one[what])))
        return best["target"][1], best["weight"][1]

    def take(self, e):
        data = e.get("data") or {}
        match e["type"]:
            case "region.configured":
                self.regions[data["rules"]["region"]] = Region(data["rules"])
            case "org.registered":
                self.orgs.setdefault(data["code"], data)
            case "org.transferred":
                self.orgs[data["org"]] = self.orgs[data["org"]] | {"municipality": data["municipality"]}
            case "class.opened":
                self.named.setdefault(data["school"], set()).add(data["direction"])
            case "plan.imported":
                self.plans.setdefault(data["plan"]["code"], data["plan"])
            case "plan.activated":
                self.activate(data)
            case "school.enrolled":
                self.enrol(data)
            case "school.withdrawn":
                for o in self.of_unit(data["plan"], data["school"]).values():
                    o.school_left(day(data["left_on"]))
            case "plan.amended":
                self.amend(data)
            case "indicator.target_set":
                self.targets.append(data)
            case "indicator.defined":
                self.defined.append(data["definition"])
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

    def of_unit(self, plan, org):
        unit = self.units.get((plan, org))
        return unit["obligations"] if unit else {}

    def happen(self, subject, e):
        plan, row, org, item = subject.split("/")
        obligations = self.of_unit(plan, org)
        it = obligations.get((row, item))
        if not it:
            return
        it.happen(e)
        for o in obligations.values():
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
        self.named.setdefault(data["school"], set()).update(data.get("directions") or ())
        self.activate(data | {"schools": [data["school"]]}, authorities=False)
        for o in self.of_unit(data["plan"], data["school"]).values():
            if o.stated and o.stated < day(data["joined_on"]):
                o.phase = "not_applicable"

    def activate(self, data, authorities=True):
        plan = self.plans[data["plan"]]
        plays = {a["role"]: a["org"] for a in data.get("authorities") or []}
        for school in data["schools"]:
            self.unit(plan, data, school, True)
        for row, share in shares_of(plan):
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
        fresh = {
            "plan": plan,
            "year": plan["school_year"],
            "region": activation["region"],
            "school": school,
            "obligations": {},
        }
        return self.units.setdefault((plan["code"], org), fresh)


def shares_of(plan):
    """Each share of each row of a plan, with its row."""
    for activity in plan["activities"]:
        for row in activity["rows"]:
            for share in row["shares"]:
                yield row, share


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
    return Obligation(row["row"], item, share, row.get("measures"), due, follows)
