#!/usr/bin/env python3
"""An independent judge of the indicators: reads the change feed, recomputes every value, compares.

It shares no code with the service. What it knows comes from docs/domain.md, docs/lifecycle.md and docs/events.md:
the rules of the plan, the table of indicators, the field names of the events. It counts in exact fractions and uses
the standard library only (Python 3.11 or newer). Its rooms are in the folder judge.

    oracle.py --url http://127.0.0.1:8080 --token T [--feed-token T2] [--as-of 2023-07-01T00:00:00+10:00]
              [--on 2023-01-31] [--query NAME=VALUE] [--restated 2022-2023.H1]
    oracle.py --feed feed.ndjson --values values.json [--as-of ...] [--on ...]

Beside the values it holds every closing of a period in the feed: what was reported must be what the events before it
give. Prints each difference (the first fifty), then "N values compared, M differ". Exit codes: 0 all equal,
1 something differs, 2 wrong use or unreadable input.
"""

import argparse
import sys
import urllib.error

sys.dont_write_bytecode = True

from judge.calendar import DAY, Region, day, instant  # noqa: E402, F401
from judge.compare import ALWAYS, closing_differences, closings, differences  # noqa: E402, F401
from judge.compare import given_of, judged, key_of, restated, restated_differences  # noqa: E402, F401
from judge.source import read_feed, read_values  # noqa: E402
from judge.values import INDICATORS, Fraction, Indicator, achievement, band, expected, spread  # noqa: E402, F401
from judge.world import World  # noqa: E402

SHOWN = 50


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="address of the service; its feed and its values are read")
    parser.add_argument("--feed", help="NDJSON file or address of the feed")
    parser.add_argument("--values", help="JSON or NDJSON file or address of the values")
    parser.add_argument("--token", help="bearer token for both")
    parser.add_argument("--feed-token", help="bearer token for the feed, where another role reads it")
    parser.add_argument("--as-of", help="RFC 3339 instant; default: the one that the values name")
    parser.add_argument(
        "--on", help="local day that is judged, with what is known at the instant; default: the instant's"
    )
    parser.add_argument(
        "--query", action="append", default=[], metavar="NAME=VALUE", help="further parameter of the values' address"
    )
    parser.add_argument(
        "--restated", metavar="PERIOD", help="also hold /api/v1/restated of a closed period, with its causes (with --url)"
    )
    given = parser.parse_args(argv)
    if given.restated and not given.url:
        parser.error("--restated needs --url")
    if given.url:
        base = given.url.rstrip("/")
        given.feed = given.feed or f"{base}/api/v1/feed"
        given.values = given.values or f"{base}/api/v1/values"
    if not given.feed or not given.values:
        parser.error("give --url, or both --feed and --values")
    if any("=" not in one for one in given.query):
        parser.error("--query needs NAME=VALUE")
    return given


def read(given):
    """Events, rows, the instant and the day that they are of."""
    asked = dict(one.split("=", 1) for one in given.query)
    asked |= {name: value for name, value in (("as_of", given.as_of), ("on", given.on)) if value}
    rows, said = read_values(given.values, given.token, asked)
    as_of, on = given.as_of or said.get("as_of"), given.on or said.get("on")
    if as_of is None:
        raise ValueError("the values name no as_of: give --as-of")
    return read_feed(given.feed, given.feed_token or given.token), rows, instant(as_of), day(on) if on else None


def main(argv=None):
    given = arguments(argv)
    try:
        events, rows, as_of, on = read(given)
        want = expected(World(events, as_of, on), given_of(rows))
        found = list(differences(want, rows))
        closed = [one for one in closings(events) if one["parts"]]
        found += [text for one in closed for text in closing_differences(events, one)]
        if given.restated:
            address = f"{given.url.rstrip('/')}/api/v1/restated"
            told, _ = read_values(address, given.token, {"period": given.restated})
            found += restated_differences(events, closed[[one["period"] for one in closed].index(given.restated)], told)
            print(f"{len(told)} restated values held")
    except (OSError, ValueError, KeyError, urllib.error.URLError) as problem:
        print(f"cannot read the input: {problem!r}", file=sys.stderr)
        return 2
    for text in found[:SHOWN]:
        print(text)
    if len(found) > SHOWN:
        print(f"... and {len(found) - SHOWN} more")
    if not want:
        print("the feed holds no active plan: nothing to compare")
    print(f"{len(set(want) | {key_of(one) for one in rows})} values compared, {len(found)} differ")
    if closed:
        print(f"closings held: {len(closed)}, with {sum(len(one['rows']) for one in closed)} reported values")
    return 1 if found or not want else 0


if __name__ == "__main__":
    sys.exit(main())
