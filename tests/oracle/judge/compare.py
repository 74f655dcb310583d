"""Holds rows against what is expected, and closings against the feed before them (docs/domain.md, section 4.8)."""

from fractions import Fraction

from .calendar import instant
from .values import PARTLY, REACHED, expected
from .world import World

TOLERANCE = Fraction(1, 10**12)
ALWAYS = ("numerator", "denominator", "value", "target", "achievement", "weight", "status")
WORDS = ("status", "band_code")
SPREAD = ("min", "q1", "median", "q3", "max", "mean", "schools")


def close(a, b):
    return abs(a - b) <= TOLERANCE * max(1, abs(a))


def key_of(one):
    return one["level"], one.get("region"), one["org"], one["period"], one["indicator"]


def name_of(key):
    return " ".join(str(part) for part in key)


def differences(want, rows):
    """Compares; yields one text a difference. Sums must be exact, quotients to 1e-12."""
    seen = set()
    for one in rows:
        key = key_of(one)
        if key in seen:
            yield f"{name_of(key)}: given twice"
            continue
        seen.add(key)
        if key not in want:
            yield f"{name_of(key)}: not expected, given {one['numerator']} / {one['denominator']}"
            continue
        for column, right, given in columns(want[key], one):
            if not same(column, right, given, key[4]):
                yield f"{name_of(key)}: {column} is {given}, expected {show(right)}"
    for key in sorted(set(want) - seen, key=name_of):
        yield f"{name_of(key)}: missing"


def columns(want, one):
    """Column, what is right, what is given: those that stand in every row, and those that were asked for."""
    for column in ALWAYS:
        yield column, want[column], one[column]
    if "band_code" in one and not near_a_band(want["value"]):
        yield "band_code", want["band_code"], one["band_code"]
    if "rating" in one:
        yield "rating", want["rating"], one["rating"]
    for column in ("version", "indicator_version"):
        if column in one:
            yield column, want["version"], one[column]
    told, right = one.get("spread"), want["spread"]
    if isinstance(told, dict) != (right is not None) and "spread" in one:
        yield "spread", None if right is None else "one", told
        return
    for column in SPREAD:
        if isinstance(told, dict):
            yield f"spread.{column}", right[column], told[column]
        for flat in (column, f"spread_{column}"):
            if flat in one:
                yield flat, right and right[column], one[flat]


def near_a_band(value):
    """At the very edge of a band a quotient in binary may fall to either side."""
    return value is not None and any(close(edge, value) for edge in (REACHED, PARTLY))


def same(column, right, given, indicator):
    if column in WORDS or right is None or given is None or isinstance(right, str):
        return given == right
    if column in ("numerator", "denominator") and indicator != "A":
        return Fraction(given) == right
    return close(Fraction(right), Fraction(given))


def show(x):
    if x is None or isinstance(x, str):
        return str(x)
    x = Fraction(x)
    return f"{x} = {float(x):.15g}" if x.denominator != 1 else str(x)


# ---------------------------------------------------------------- closed periods


def closings(events):
    """The closings of a feed: region, period, position, moment, rows of their snapshot, how many parts came."""
    out, latest = [], {}
    for e in sorted(events, key=lambda e: e["seq"]):
        data = e.get("data") or {}
        if e["type"] == "period.closed":
            one = {
                "region": data["region"],
                "period": data["period"],
                "seq": e["seq"],
                "rows": [],
                "came": 0,
                "parts": 0,
            }
            latest[data["region"], data["period"]] = one
            out.append(one)
        elif e["type"] == "indicator.snapshot_taken":
            one = latest.get((data["region"], data["period"]))
            if not one:
                raise ValueError(f"event {e['seq']}: a snapshot of a period that was not closed")
            place = {"region": data["region"], "period": data["period"]}
            # What a row has none of is left out in the event.
            one["rows"] += [dict.fromkeys(FIGURES) | row | place for row in data["rows"]]
            one |= {"at": data["at"], "as_of": data["as_of"], "parts": data["parts"], "came": one["came"] + 1}
    return out


FIGURES = ("numerator", "denominator", "value", "target", "achievement", "weight")


def judged(events, closing):
    """What a closing must have reported: the feed up to its position, judged on the day of its moment."""
    world = World(events, instant(closing["as_of"]), keep=lambda e: e["seq"] <= closing["at"])
    return of_period(expected(world, given_of(closing["rows"])), closing)


def of_period(rows, closing):
    return {key: one for key, one in rows.items() if (key[1], key[3]) == (closing["region"], closing["period"])}


def given_of(rows):
    return {key_of(one): one for one in rows}


def closing_differences(events, closing):
    """One text for each figure of a closing that the feed before it does not bear out."""
    name = f"closing {closing['seq']} of {closing['region']} {closing['period']}"
    if not closing["parts"]:
        yield f"{name}: no snapshot"
        return
    if closing["came"] != closing["parts"]:
        yield f"{name}: {closing['came']} parts of {closing['parts']}"
    if not closing["at"] < closing["seq"]:
        yield f"{name}: judged at {closing['at']}, which is not before it"
    for text in differences(judged(events, closing), closing["rows"]):
        yield f"{name}: {text}"


CORRECTIONS = (
    "fact.corrected",
    "fact.retracted",
    "bulk.retracted",
    "report.withdrawn",
    "report.returned",
    "obligation.reopened",
    "evidence.rejected",
    "acceptance.revoked",
)
MEMBERSHIP = (
    "org.registered",
    "org.transferred",
    "school.enrolled",
    "school.withdrawn",
    "class.opened",
    "plan.imported",
    "plan.activated",
    "plan.amended",
)
FORMULA = ("indicator.defined", "region.configured")
STEPS = ("late_data", "corrections", "membership", "formula", "target")


def causes(events):
    """Position -> the cause that what an event changes is told under."""
    out, proposed = {}, {}
    for e in events:
        kind = e["type"]
        if kind == "proposal.made":
            proposed[e["id"]] = e["data"]["event_type"]
        if kind == "proposal.confirmed":
            kind = proposed.get(e["data"]["proposal"], kind)
        groups = {
            "corrections": CORRECTIONS,
            "membership": MEMBERSHIP,
            "formula": FORMULA,
            "target": ("indicator.target_set",),
        }
        out[e["seq"]] = next((cause for cause, kinds in groups.items() if kind in kinds), "late_data")
    return out


def restated(events, closing):
    """Key -> the value step by step: as the feed gives it at the closing, then with each cause of difference."""
    events = sorted(events, key=lambda e: e["seq"])
    before = World(events, instant(closing["as_of"]), keep=lambda e: e["seq"] <= closing["at"])
    day, why = before.today(closing["region"]), causes(events)
    steps = [of_period(expected(before), closing)]
    for n in range(len(STEPS)):
        heeded = {e["seq"] for e in events if e["seq"] <= closing["at"] or why[e["seq"]] in STEPS[: n + 1]}
        world = World(events, None, on=day, keep=lambda e, heeded=heeded: e["seq"] in heeded)
        steps.append(of_period(expected(world), closing))
    keys = {key for step in steps for key in step}
    return {key: [step[key]["value"] if key in step else None for step in steps] for key in keys}


def restated_differences(events, closing, rows):
    """One text for each figure of /api/v1/restated that the feed does not bear out."""
    want = restated(events, closing)
    seen = 0
    for row in rows:
        key = next((key for key in want if (key[0], key[2], key[4]) == (row["level"], row["org"], row["indicator"])), None)
        if key is None:
            yield f"restated {row['level']} {row['org']} {row['indicator']}: not expected"
            continue
        seen += 1
        steps, told = want[key], row["value_difference"]
        if steps[0] is None or steps[-1] is None:
            if told["total"] is not None:
                yield f"restated {key}: a difference of {told['total']} where one side has no value"
            continue
        at = steps[0]
        for name, step in zip(STEPS, steps[1:], strict=True):
            part = 0 if step is None else step - at
            at = at if step is None else step
            if abs(float(part) - told[name]) > 1e-9:
                yield f"restated {key}: {name} is {told[name]}, expected {float(part)}"
        if abs(float(steps[-1] - steps[0]) - told["total"]) > 1e-9:
            yield f"restated {key}: total is {told['total']}, expected {float(steps[-1] - steps[0])}"
    told_levels = ("region", "direction", "municipality", "publisher", "school")
    if seen < sum(key[0] in told_levels for key in want):
        yield f"restated: {seen} rows, expected {len(want)}"
