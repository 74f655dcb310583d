"""Days, instants and the rules of a region (docs/domain.md, section 2)."""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


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
        self.years = {
            y["school_year"]: (day(y["h1_start"]), day(y["h1_end"]), day(y["h2_end"])) for y in rules["school_years"]
        }

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
        """The semester of a day, `None` outside the school year or without a day."""
        start, middle, end = self.bounds(year)
        if d is None or not start <= d <= end:
            return None
        return "H1" if d <= middle else "H2"

    def local(self, at):
        """The day that an instant counts for: from the cut-off on, the next one."""
        there = at.astimezone(self.zone)
        late = self.cut_off is not None and there.time() >= self.cut_off
        return there.date() + DAY if late else there.date()
