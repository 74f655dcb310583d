"""From sums to values: the table of indicators, levels, achievement, the composite, spread and rating
(docs/domain.md, sections 4.1 and 4.5 to 4.7)."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction

from .count import PARTS, Sum, attendance, count_unit, took_part
from .obligation import DIRECTIONS

COUNTRY = "russia"
BELOW_COUNTRY = ("region", "direction", "municipality", "publisher", "school")
ROLL_UPS = ("country", "region", "direction", "municipality")
SEMESTERS, YEAR = ("H1", "H2"), ("H1", "H2", "Y")
ENOUGH_WEIGHT = Fraction(1, 2)
REACHED, PARTLY = Fraction("0.9"), Fraction("0.7")


@dataclass(frozen=True)
class Indicator:
    """One line of the indicator table."""

    id: str
    target: Fraction | None
    better: str
    weight: Fraction
    parts: tuple
    levels: tuple
    version: int = 1
    of: str = "schools"  # whose rows add up above
    empty_is_zero: bool = False
    hides: bool = False


def levels(letters):
    names = {"c": "country", "r": "region", "d": "direction", "m": "municipality", "p": "publisher", "s": "school"}
    return tuple(names[x] for x in letters)


ALL, SCHOOLS, BANK = levels("crdmps"), levels("crdms"), levels("crdp")
INDICATORS = (
    Indicator("I01", Fraction("0.95"), "up", 14, YEAR, ALL),
    Indicator("I02", Fraction(1), "up", 9, YEAR, ALL),
    Indicator("I03", Fraction(3), "down", 4, YEAR, ALL, empty_is_zero=True),
    Indicator("I04", Fraction("0.80"), "up", 14, ("T0", "H1", "Y"), SCHOOLS),
    Indicator("I05", Fraction(10), "up", 4, ("H1", "Y"), SCHOOLS),
    Indicator("I06", Fraction(1), "up", 9, SEMESTERS, SCHOOLS, version=2),
    Indicator("I07", Fraction("0.60"), "up", 8, SEMESTERS, SCHOOLS, hides=True),
    Indicator("I08", Fraction(1), "up", 5, SEMESTERS, SCHOOLS),
    Indicator("I09", Fraction("0.95"), "up", 4, SEMESTERS, SCHOOLS),
    Indicator("I10", Fraction(1), "up", 7, SEMESTERS, SCHOOLS),
    Indicator("I11", Fraction(1), "up", 3, YEAR, BANK, of="authorities"),
    Indicator("I12", Fraction(1), "up", 4, YEAR, levels("crp"), of="authorities"),
    Indicator("I12", Fraction(1), "up", 4, YEAR, levels("ms")),
    Indicator("I13", Fraction(1), "up", 4, ("H1",), SCHOOLS),
    Indicator("I14", Fraction("0.90"), "up", 4, YEAR, ALL),
    Indicator("I15", Fraction("0.90"), "up", 4, YEAR, SCHOOLS),
    Indicator("I16", Fraction(1), "up", 3, YEAR, SCHOOLS),
    Indicator("I17", None, "up", 0, ("H2",), SCHOOLS),
    Indicator("I18", Fraction("0.98"), "up", 0, YEAR, ALL),
)


# ---------------------------------------------------------------- definitions


def definition_of(data):
    """A definition as `indicator.defined` gives it. Its formula is a query, which is not ours to run."""
    target = data.get("target")
    return Indicator(
        data["id"],
        None if target is None else Fraction(str(target)),
        data["better"],
        Fraction(str(data["weight"])),
        tuple(data["periods"]),
        tuple(data["levels"]),
        version=data["version"],
    )


def official(world, year):
    """The definitions in force in a school year, and the ids of those whose formula came by an event."""
    versions = defaultdict(list)  # id -> (version, definition, whether it came by an event)
    for indicator in INDICATORS:
        versions[indicator.id].append((indicator.version, indicator, False))
    for data in world.defined:
        if (data.get("from") or "")[:9] <= year:
            versions[data["id"]].append((data["version"], definition_of(data), True))
    table, foreign = [], set()
    for name in sorted(versions):
        newest = max(version for version, _, _ in versions[name])
        for version, indicator, by_event in versions[name]:
            if version == newest:
                table.append(indicator)
                foreign |= {name} if by_event else set()
    return table, foreign


# ---------------------------------------------------------------- one row


def achievement(indicator, value):
    if indicator.target is None:
        return None
    if indicator.better == "up":
        return min(Fraction(1), max(Fraction(0), value / indicator.target))
    return Fraction(1) if value <= indicator.target else indicator.target / value


def figures(indicator, given):
    """The figures of one indicator from its sums. Hidden: the one school with rows has too few people in a cell."""
    if indicator.hides and given.given == 1 and given.hidden == 1:
        return row(indicator, None, None, None, "suppressed")
    n, d = Fraction(given.n), Fraction(given.d)
    value = n / d if d else Fraction(0) if indicator.empty_is_zero else None
    return row(indicator, n, d, value)


def row(indicator, n, d, value, status=None):
    return {
        "numerator": n,
        "denominator": d,
        "value": value,
        "target": indicator.target,
        "achievement": None if value is None else achievement(indicator, value),
        "weight": Fraction(indicator.weight),
        "status": status or ("no_data" if value is None else "ok"),
        "version": indicator.version,
        "band_code": None,
    }


def composite(rows, part):
    """The composite over the rows of one place and period. T0 has none."""
    told = have = score = Fraction(0)
    for one in rows if part != "T0" else ():
        told += one["weight"]
        if one["achievement"] is not None:
            have += one["weight"]
            score += one["weight"] * one["achievement"]
    enough = have > 0 and have >= ENOUGH_WEIGHT * told
    value = score / have if enough else None
    out = row(Indicator("A", None, "up", told, YEAR, ()), score, have, value)
    return out | {"achievement": value, "band_code": band(value)}


def band(value):
    if value is None:
        return None
    return "reached" if value >= REACHED else "partly" if value >= PARTLY else "below"


# ---------------------------------------------------------------- places


@dataclass
class Place:
    """A subject of values: what its schools and its authorities add up to, and which schools they are."""

    municipality: str | None = None
    schools: dict = field(default_factory=lambda: defaultdict(Sum))  # (indicator, part) -> Sum
    authorities: dict = field(default_factory=lambda: defaultdict(Sum))
    members: set = field(default_factory=set)

    def sums(self, level, indicator):
        return self.authorities if level == "publisher" or indicator.of == "authorities" else self.schools


def whole(sums, ties=None):
    """(indicator, part) -> Sum of one organisation; `ties`: only what is tied to one of these directions."""
    out = defaultdict(Sum)
    for (indicator, part, tie), one in sums.items():
        if ties is None or tie in ties:
            out[indicator, part].add(one)
    return {key: one.of_one() for key, one in out.items()}


def places(world):
    """(level, region, org, year) -> Place."""
    held, by_org, out = attendance(world), {}, defaultdict(Place)
    for (plan, org), unit in world.units.items():
        sums = count_unit(world, unit)
        if unit["school"]:
            took_part(world, held, plan, org, unit, sums)
        into = by_org.setdefault((unit["year"], org), defaultdict(Sum))
        for key, one in sums.items():
            into[key].add(one)
    for (year, org), sums in by_org.items():
        known = world.orgs[org]
        region, municipality = known["region"], (known.get("municipality") or {}).get("code")
        above = [("country", None, COUNTRY, year), ("region", region, region, year)]
        if known["kind"] == "school":
            above += [("school", region, org, year)] + (
                [("municipality", region, municipality, year)] if municipality else []
            )
            for key in above:
                join(out[key].schools, whole(sums))
                out[key].members.add(org)
            for direction in world.directions(org):
                place = out["direction", region, direction, year]
                join(place.schools, whole(sums, (None, direction)))
                place.members.add(org)
            out["school", region, org, year].municipality = municipality
            if municipality:
                out["municipality", region, municipality, year].municipality = municipality
        else:
            for key in [*above, ("publisher", region, org, year)]:
                join(out[key].authorities, whole(sums))
    for (year, org), sums in by_org.items():
        known = world.orgs[org]
        for direction in DIRECTIONS if known["kind"] != "school" else ():
            key = "direction", known["region"], direction, year
            if key in out:  # a direction that no school of the region has is not told
                join(out[key].authorities, whole(sums, (direction,)))
    return out


def join(into, sums):
    for key, one in sums.items():
        into[key].add(one)


def period_of(year, part):
    return year if part == "Y" else f"{year}.{part}"


# ---------------------------------------------------------------- all rows


def expected(world, given=None):
    """Every row that the service must give: (level, region, org, period, indicator) -> figures.

    `given`: the service's rows by key. An indicator whose formula came by an event is taken from them; only its
    arithmetic is held, and what it does to the composite.
    """
    found, out, table = places(world), {}, {}
    for (level, region, org, year), place in found.items():
        if year not in table:
            table[year] = official(world, year)
        for part in PARTS:
            period = period_of(year, part)
            told = []
            for plain in table[year][0]:
                if part in plain.parts and level in plain.levels:
                    target, weight = world.target(plain.id, period, region, place.municipality)
                    indicator = replace(
                        plain,
                        target=plain.target if target is None else target,
                        weight=plain.weight if weight is None else weight,
                    )
                    key = (level, region, org, period, plain.id)
                    if plain.id in table[year][1]:
                        out[key] = as_given(indicator, (given or {}).get(key))
                    else:
                        out[key] = figures(indicator, place.sums(level, indicator).get((plain.id, part), Sum()))
                    told.append(out[key])
            out[level, region, org, period, "A"] = composite(told, part)
    compare_places(found, out)
    return out


def as_given(indicator, given):
    """A row of a formula that is not ours: numerator and denominator as given, the rest by the rules."""
    if not given or given["numerator"] is None or given["denominator"] is None:
        return row(indicator, None, None, None, given["status"] if given else None)
    n, d = Fraction(given["numerator"]), Fraction(given["denominator"])
    value = n / d if d else None if given["value"] is None else Fraction(0)
    return row(indicator, n, d, value)


def compare_places(found, rows):
    """Adds to each row the spread of the schools below it, and the rating among the municipalities of a region."""
    best, homes = {}, {org: region for level, region, org, _ in found if level == "school"}
    for (level, region, _, period, indicator), one in rows.items():
        if level == "municipality" and one["achievement"] is not None:
            key = region, period, indicator
            best[key] = max(best.get(key, Fraction(0)), one["achievement"])
    for (level, region, org, period, indicator), one in rows.items():
        one["spread"], one["rating"] = None, None
        if level in ROLL_UPS:
            schools = found[level, region, org, period[:9]].members
            below = (rows.get(("school", homes[school], school, period, indicator)) for school in schools)
            one["spread"] = spread([b["value"] for b in below if b and b["status"] == "ok"])
        top = best.get((region, period, indicator))
        if level == "municipality" and one["achievement"] is not None and top:
            one["rating"] = 100 * one["achievement"] / top
    return rows


def spread(values):
    """Least, quartiles and greatest, mean and number."""
    values = sorted(values)
    out = {
        "min": quantile(values, 0),
        "q1": quantile(values, 1),
        "median": quantile(values, 2),
        "q3": quantile(values, 3),
    }
    return out | {
        "max": quantile(values, 4),
        "mean": sum(values) / len(values) if values else None,
        "schools": len(values),
    }


def quantile(values, quarters):
    """By linear interpolation between the nearest ranks (type 7)."""
    if not values:
        return None
    at = Fraction((len(values) - 1) * quarters, 4)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (at - low) * (values[high] - values[low])
