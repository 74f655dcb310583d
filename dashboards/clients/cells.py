"""What every client is held to: the cells of each set, as the data contract types them, and the control totals.

Only the standard library: each client runs in a Python of its own. The contract is read from its file, the truth from
the plain CSV by the standard library, so nothing here shares code with the program that wrote the files.
"""

import csv
import datetime
import json
import math
import sys
import tomllib
from pathlib import Path

CONTRACT = Path(__file__).resolve().parents[2] / "crates/bi/data/contract.toml"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
UTC = datetime.timezone.utc


def contract():
    """The sets by their short names: columns as (name, kind, Russian label), and the key."""
    with CONTRACT.open("rb") as file:
        told = tomllib.load(file)
    sets = {}
    for one in told["sets"]:
        columns = [(name, told["columns"][name]["type"], told["columns"][name]["ru"]) for name in one["columns"]]
        sets[one["name"].removeprefix("v_")] = {"columns": columns, "key": one["key"]}
    return sets


SETS = contract()


def moment(text):
    """RFC 3339, or the excel-ru dialect's `2026-09-01 06:00:00`, which is in UTC."""
    at = datetime.datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def cell(kind, value):
    """A client's value as the contract types it; None where there is nothing."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind == "text":
        if not isinstance(value, str):
            raise TypeError(f"a text came as {type(value).__name__}: {value!r}")
        return value
    if kind == "int":
        number = float(str(value).replace(",", "."))
        if number != int(number):
            raise ValueError(f"a whole number came as {value!r}")
        return int(value) if isinstance(value, int) else int(number)
    if kind == "double":
        return float(value.replace(",", ".")) if isinstance(value, str) else float(value)
    if kind == "bool":
        return {"true": True, "false": False}[value.lower()] if isinstance(value, str) else bool(value)
    if kind == "date":
        if isinstance(value, datetime.datetime):
            if value.time() != datetime.time():
                raise ValueError(f"a day came with a time: {value}")
            return value.date()
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    if isinstance(value, str):
        return moment(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def table(name, records, guarded=False):
    """Rows as tuples in the order of the contract, sorted by the key. `records` are mappings by column name."""
    columns = SETS[name]["columns"]
    rows = []
    for record in records:
        row = []
        for column, kind, _ in columns:
            value = record[column]
            if guarded and kind == "text" and isinstance(value, str) and value[:1] == "'":
                value = value[1:]
            try:
                row.append(cell(kind, value))
            except (TypeError, ValueError, KeyError) as error:
                raise SystemExit(f"{name}.{column}: {error}") from error
        rows.append(tuple(row))
    places = [[column for column, *_ in columns].index(key) for key in SETS[name]["key"]]
    return sorted(rows, key=lambda row: [row[place] for place in places])


def from_csv(path, delimiter=","):
    """Rows of a CSV file, by the standard library."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        return list(reader)


def truth(folder, name):
    """The rows of a set as the plain CSV of an export has them."""
    return table(name, from_csv(Path(folder) / f"{name}.csv"), guarded=True)


def same(kind, found, wanted, tick, digits):
    """Whether two cells are alike; numbers to so many digits, where a client keeps no more."""
    if kind == "instant" and found is not None and wanted is not None:
        return abs(found - wanted) < tick
    if kind == "double" and digits is not None and found is not None and wanted is not None:
        return math.isclose(found, wanted, rel_tol=10.0 ** (1 - digits))
    return found == wanted


def compare(client, name, found, wanted, tick=datetime.timedelta(microseconds=1), leave=(), digits=None):
    """Compares cell by cell, moments within a tick, columns of `leave` not at all; prints how many cells agreed."""
    columns = SETS[name]["columns"]
    if len(found) != len(wanted):
        raise SystemExit(f"{client}: {name} has {len(found)} rows, expected {len(wanted)}")
    cells = 0
    for row, (mine, its) in enumerate(zip(found, wanted)):
        for (column, kind, _), one, other in zip(columns, mine, its):
            if column in leave:
                continue
            if not same(kind, one, other, tick, digits):
                raise SystemExit(f"{client}: {name}.{column}, row {row}: {one!r}, expected {other!r}")
            cells += 1
    say(client, name, rows=len(found), cells=cells)


def totals(rows):
    """The control totals of the rows of the sets `indicator`, `obligation` and `event`, reckoned as documented."""
    sums = {}

    def add(key, number):
        sums[key] = sums.get(key, 0.0) + number

    def records(name):
        names = [column for column, *_ in SETS[name]["columns"]]
        return (dict(zip(names, row)) for row in rows[name])

    for it in records("indicator"):
        add(("v_indicator", "rows", "-", "-"), 1)
        if not it["is_official"]:
            continue
        for total, adds in (("numerator", "is_additive"), ("denominator", "is_additive")):
            if it[adds] and it[total] is not None:
                add(("v_indicator", total, it["period_code"], it["indicator_code"]), it[total])
        if it["level"] == "country" and it["achieved_ratio_row"] is not None:
            add(("v_indicator", "value", it["period_code"], it["indicator_code"]), it["achieved_ratio_row"])
    for it in records("obligation"):
        add(("v_obligation", "rows", "-", "-"), 1)
        add(("v_obligation", "overdue", "-", "-"), int(it["is_overdue"]))
        if it["due_period"] is not None:
            add(("v_obligation", "overdue", it["due_period"], "-"), int(it["is_overdue"]))
    add(("v_event", "rows", "-", "-"), len(rows["event"]))
    return sums


def check_totals(client, rows, published):
    """Holds a client's sums to the published control totals; `published` are rows of the set `control_total`."""
    names = [column for column, *_ in SETS["control_total"]["columns"]]
    wanted = {}
    for row in published:
        it = dict(zip(names, row))
        wanted[it["data_set"], it["total_code"], it["period_code"], it["indicator_code"]] = it["total"]
    hold(client, totals(rows), wanted)


def hold(client, found, wanted):
    """Compares sums by key: set, total, period, indicator."""
    if found.keys() != wanted.keys():
        raise SystemExit(f"{client}: totals differ in {sorted(found.keys() ^ wanted.keys())[:5]}")
    for key, number in wanted.items():
        if not math.isclose(found[key], number, rel_tol=1e-12, abs_tol=1e-12):
            raise SystemExit(f"{client}: total {key} is {found[key]}, expected {number}")
    say(client, "control totals", totals=len(wanted))


# The same control totals in SQL, for clients that speak it; {indicator} and the like stand for tables.
TOTALS_SQL = """
select 'v_indicator' as data_set, 'rows' as total_code, '-' as period_code, '-' as indicator_code,
    cast(count(*) as double precision) as total from {indicator}
union all select 'v_indicator', 'numerator', period_code, indicator_code, sum(numerator) from {indicator}
    where is_official and is_additive and numerator is not null group by period_code, indicator_code
union all select 'v_indicator', 'denominator', period_code, indicator_code, sum(denominator) from {indicator}
    where is_official and is_additive and denominator is not null group by period_code, indicator_code
union all select 'v_indicator', 'value', period_code, indicator_code, sum(achieved_ratio_row) from {indicator}
    where is_official and level = 'country' and achieved_ratio_row is not null group by period_code, indicator_code
union all select 'v_obligation', 'rows', '-', '-', count(*) from {obligation}
union all select 'v_obligation', 'overdue', '-', '-', sum(case when is_overdue then 1 else 0 end) from {obligation}
union all select 'v_obligation', 'overdue', due_period, '-', sum(case when is_overdue then 1 else 0 end)
    from {obligation} where due_period is not null group by due_period
union all select 'v_event', 'rows', '-', '-', count(*) from {event}
"""


def keyed(rows):
    """Sums as `hold` takes them, from rows of key and number."""
    return {tuple(key): float(number) for *key, number in rows}


def say(client, what, **figures):
    """One line of the report, as JSON."""
    print(json.dumps({"client": client, "what": what, **figures}, ensure_ascii=False), flush=True)


def given():
    """What the test gives a client: paths, address, token, as JSON in the first argument."""
    return json.loads(sys.argv[1])
