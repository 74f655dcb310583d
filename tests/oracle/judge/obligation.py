"""One obligation: what events do to it (docs/lifecycle.md, section 2)."""

from dataclasses import dataclass, field
from datetime import date, datetime

from .calendar import DAY, day

NO_LONGER_OWED = ("excused", "cancelled", "not_applicable")
FOR_GOOD = ("accepted", "cancelled", "not_applicable")
OWED = ("unscheduled", "open", "submitted", "returned")
LIVE_MAX = 100
DIRECTIONS = ("agro", "pedagogical", "technological", "natural-science")


@dataclass
class Report:
    """A fact that fulfils the row, as it stands after corrections."""

    seq: int
    event_id: str
    on: date
    recorded: datetime
    evidenced: bool
    items: list | None = None  # answers of a checklist
    score: tuple | None = None
    partner: dict | None = None  # code, first and last day
    activity: str | None = None  # the activity that an event report names
    schools: tuple = ()  # who took part in a methodical day
    kept: bool = False  # it mends a returned report in time, whose day and instant count for it


@dataclass
class Spent:
    """A report that is live no longer."""

    on: date
    evidenced: bool
    retracted: bool


@dataclass
class Recommendation:
    """What a protocol asks for: known by its id, as long as a live report names it."""

    given: list  # (position of the report, day by which), in the order in which they came
    closed: date | None = None


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

    plan_row: str
    item: str
    share: dict
    measures: str | None
    stated: date | None
    follows: tuple | None = None  # (delivery row, days)
    phase: str = ""
    moved: date | None = None
    held: int = 0  # days on hold that put the term off
    live: list = field(default_factory=list)
    spent: list = field(default_factory=list)
    stands: int | None = None  # position of the report that stands accepted
    rework: tuple | None = None  # (last day, day kept, instant kept)
    hold: Hold | None = None
    recommendations: dict = field(default_factory=dict)  # id -> Recommendation
    counts: dict = field(default_factory=dict)  # audience -> (eligible, responded)
    checks: list = field(default_factory=list)  # (day, whether the link was found)
    activities: dict = field(default_factory=dict)  # code -> (day, direction)

    def __post_init__(self):
        self.phase = "open" if self.stated else "unscheduled"

    @property
    def event(self):
        return self.share["event"]

    @property
    def of_school(self):
        return self.share["of"] == "schools"

    @property
    def direction(self):
        """The direction that its item names, as `agro` and `outside-agro` do."""
        return next((d for d in DIRECTIONS if self.item == d or self.item.endswith(f"-{d}")), None)

    @property
    def due(self):
        day_ = self.moved or self.stated
        return day_ + self.held * DAY if day_ else None

    @property
    def done(self):
        return self.phase in ("submitted", "accepted")

    @property
    def counts_at_all(self):
        return self.phase not in NO_LONGER_OWED

    @property
    def automatic(self):
        return self.share["acceptance"] == "auto"

    def counted(self, report):
        """Day and instant of a report that decide timeliness."""
        return self.rework[1:] if report.kept else (report.on, report.recorded)

    def done_on(self, region, today):
        """The day that decides timeliness, of the first live report; `None` where it is not done by a day."""
        if not self.done:
            return None
        on, recorded = self.counted(self.live[0])
        on = region.local(recorded) if region.recorded_basis else on
        return on if on <= today else None

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
        if name == self.event:
            self.report(e)
        elif name in ACCOMPANY:
            if self.counts_at_all:
                ACCOMPANY[name](self, e["data"].get("details", {}), e)
        elif name in ACTS:
            ACTS[name](self, e["data"], e)

    def report(self, e):
        if not self.counts_at_all or (self.done and len(self.live) >= LIVE_MAX):
            return
        report = report_of(e)
        report.kept = self.in_time_again(report.on)
        at = next((n for n, later in enumerate(self.live) if later.seq > report.seq), len(self.live))
        self.live.insert(at, report)  # one that was confirmed stands where it was proposed
        if e["type"] == "protocol.sent":
            self.recommend(report.seq, e["data"].get("details", {}).get("recommendations", []))
        if not self.done:
            self.phase = "accepted" if self.automatic else "submitted"

    def recommend(self, seq, given):
        for one in given:
            known = self.recommendations.setdefault(one["id"], Recommendation([]))
            if seq not in (other for other, _ in known.given):
                known.given.append((seq, day(one["due"]) if one.get("due") else None))

    def gone(self, report, retracted=False):
        """A report counts no longer, and what it brought goes with it."""
        self.live.remove(report)
        self.spent.append(Spent(report.on, report.evidenced, retracted))
        for one in self.recommendations.values():
            one.given = [(seq, due) for seq, due in one.given if seq != report.seq]
        self.recommendations = {name: one for name, one in self.recommendations.items() if one.given}

    def in_time_again(self, on):
        return self.rework is not None and on <= self.rework[0]

    def named(self, event_id):
        return next((r for r in self.live if r.event_id == event_id), None)

    def without_report(self):
        return "returned" if self.rework else "open" if self.stated else "unscheduled"

    def accepted(self, data, _):
        report = self.named(data["report"])
        if self.phase == "submitted" and report:
            self.phase, self.stands = "accepted", report.seq

    def acceptance_revoked(self, data, _):
        if self.phase == "accepted" and not self.automatic and self.named(data["report"]):
            self.phase, self.stands = "submitted", None

    def sent_back(self, data, _, of=("submitted",)):
        """The report that was judged goes, and those before it; what mends them in time keeps the first one's day."""
        judged = self.named(data.get("report") or data.get("target_id"))
        if self.phase not in of or not judged:
            return
        self.rework, self.stands = (day(data["rework_due"]), *self.counted(self.live[0])), None
        for report in self.live[: self.live.index(judged) + 1]:
            self.gone(report)
        for report in self.live:  # it came behind, nobody judged it: it is the rework
            report.kept = self.in_time_again(report.on)
        self.phase = "returned" if not self.live else "accepted" if self.automatic else "submitted"

    def reopened(self, data, e):
        self.sent_back(data, e, of=("accepted",))

    def evidence_rejected(self, data, e):
        self.sent_back(data, e, of=("submitted", "accepted"))

    def evidence_attached(self, data, _):
        report = self.named(data["target_id"])
        if report and data.get("evidence"):
            report.evidenced = True

    def withdrawn(self, data, _):
        report = self.named(data["report"])
        if self.phase == "submitted" and report:
            self.gone(report)
            self.phase = self.phase if self.live else self.without_report()

    def corrected(self, data, _):
        for report in self.live:
            if report.seq == data["target"]:
                if data.get("occurred_on"):
                    report.on = day(data["occurred_on"])
                    report.kept = self.in_time_again(report.on)
                if data.get("items") is not None:
                    report.items, report.score = data["items"], points(data["items"])

    def retracted(self, data, _):
        report = next((r for r in self.live if r.seq == data["target"]), None)
        if not report:
            return
        self.gone(report, retracted=True)
        if self.hold and not self.live and self.hold.back_to in ("submitted", "accepted"):
            self.hold.back_to = self.without_report()
        if self.done and not self.live:
            self.phase, self.stands = self.without_report(), None
        elif self.done and self.stands == report.seq:
            self.phase, self.stands = "submitted", None  # the next report waits for its controller

    def excused(self, data, e):
        if self.phase in OWED:
            last = data.get("until")
            self.hold = Hold(
                self.phase, day(data["from"]) if data.get("from") else e["on"], day(last) if last else None
            )
            self.phase = "excused"

    def excuse_revoked(self, _, e):
        if self.phase == "excused":
            self.end_hold(e["on"] - DAY)

    def scheduled(self, data, _):
        if self.phase == "unscheduled":
            self.phase, self.stated = "open", day(data["due"])

    def deadline_moved(self, data, _):
        if self.phase not in ("unscheduled", "cancelled", "not_applicable"):
            self.moved, self.held = day(data["due"]), 0  # the whole term is named: days on hold are in it
            if self.hold:
                self.hold.puts_off = False

    # -- facts that accompany

    def day_cancelled(self, *_):
        if self.phase == "open":
            self.phase, self.stated, self.moved = "unscheduled", None, None

    def partner_released(self, details, _):
        for tenure in (r.partner for r in self.live if r.partner and r.partner["code"] == details["partner"]):
            last = day(details["released_on"])
            tenure["to"] = min(tenure["to"] or last, last)

    def link_checked(self, _, e):
        self.checks.append((e["on"], e["type"] == "site_link.verified"))

    def responses_counted(self, details, _):
        self.counts[details["audience"]] = (details["eligible"], details["responded"])

    def recommendation_closed(self, details, e):
        known = self.recommendations.get(details["recommendation"])
        if known and known.closed is None:
            known.closed = e["on"]

    def activity_held(self, details, e):
        self.activities.setdefault(details["activity"], (e["on"], details.get("direction")))

    # -- what happens to its row or its school

    def dated(self, stated):
        """Another stated day: what had none, and what a release will end in, opens or waits again."""
        self.stated = stated
        waits, opens = ("unscheduled", "open") if stated else ("open", "unscheduled")
        if self.phase == waits:
            self.phase = opens
        elif self.phase == "excused" and self.hold.back_to == waits:
            self.hold.back_to = opens

    def follow(self, delivery, days):
        """A derived publication is due so many days after its document came."""
        stated = delivery.live[0].on + days * DAY if delivery.done else None
        if stated != self.stated:
            self.dated(stated)

    def cancel(self):
        if self.phase not in FOR_GOOD:
            self.phase, self.hold = "cancelled", None

    def amended(self, op):
        if op["change"] == "remove":
            self.cancel()
        elif self.phase not in FOR_GOOD:
            self.dated(day(op["due"]))

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
    "evidence.attached": Obligation.evidence_attached,
    "report.withdrawn": Obligation.withdrawn,
    "fact.corrected": Obligation.corrected,
    "fact.retracted": Obligation.retracted,
    "excuse.granted": Obligation.excused,
    "excuse.revoked": Obligation.excuse_revoked,
    "schedule.set": Obligation.scheduled,
    "deadline.moved": Obligation.deadline_moved,
}

ACCOMPANY = {
    "methodical_day.cancelled": Obligation.day_cancelled,
    "partner.released": Obligation.partner_released,
    "site_link.verified": Obligation.link_checked,
    "site_link.lost": Obligation.link_checked,
    "survey.responses_counted": Obligation.responses_counted,
    "recommendation.closed": Obligation.recommendation_closed,
    "activity.held": Obligation.activity_held,
}


def report_of(e):
    """A report from its event."""
    details = e["data"].get("details", {})
    report = Report(e["seq"], e["id"], e["on"], e["recorded"], evidenced=bool(e["data"].get("evidence")))
    match e["type"]:
        case "checklist.submitted":
            report.items = details["items"]
            report.score = points(report.items)
        case "site.analysed" if "quality" in details:
            report.score = (details["quality"]["points"], details["quality"]["max"])
        case "partner.assigned" if "valid_from" in details:
            last = details.get("valid_to")
            report.partner = {
                "code": details["partner"],
                "from": day(details["valid_from"]),
                "to": day(last) if last else None,
            }
        case "event_report.published":
            report.activity = details.get("activity")
        case "methodical_day.held":
            report.schools = tuple(details.get("schools", ()))
    return report


def points(items):
    return sum(i["points"] for i in items), sum(i["max"] for i in items)
