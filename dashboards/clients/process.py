"""pm4py on `vekha export --format ocel`: it reads the file, counts agree with the log, the control loop is found.

pm4py is under the AGPL: it runs here as a program of its own, and nothing of Vekha is linked with it. What it is held to
is told by the log itself, as the change feed gives it.
"""

import collections
import json
import warnings

import pm4py

import cells

warnings.filterwarnings("ignore")

# The control loop of the plan: order, self-diagnosis, note, protocol, corrected plan, row by row.
LOOP = {
    "9.1": "order.sent",
    "9.2": "checklist.submitted",
    "9.3": "analytic_note.sent",
    "10.1": "protocol.sent",
    "11.1": "plan.corrected",
}
DECISIONS = {"report.returned", "report.accepted"}
OBJECT_TYPES = {"plan_version", "row", "obligation", "school", "municipality", "order", "checklist", "note", "meeting",
                "recommendation", "role_holder", "grant"}


def check(path, log):
    """The file against the log, an event a line."""
    with open(log, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    ocel = pm4py.read_ocel2_json(path)
    counted = collections.Counter(event["type"] for event in events)
    found = collections.Counter(ocel.events["ocel:activity"])
    if found != counted:
        raise SystemExit(f"pm4py: counts by type differ: {(found - counted) or (counted - found)}")
    cells.say("pm4py", "events by type are the log's", types=len(counted), events=len(events))
    types = set(ocel.objects["ocel:type"])
    if not types <= OBJECT_TYPES:
        raise SystemExit(f"pm4py: other types of objects: {types - OBJECT_TYPES}")
    schools = {org for event in events for org in registered(event)}
    objects = collections.Counter(ocel.objects["ocel:type"])
    if objects["school"] != len(schools):
        raise SystemExit(f"pm4py: {objects['school']} schools, registered were {len(schools)}")
    obligations = sum(event["data"].get("count", 0) for event in events
                      if event["type"] in ("plan.activated", "school.enrolled"))
    if objects["obligation"] != obligations:
        raise SystemExit(f"pm4py: {objects['obligation']} obligations, the log made {obligations}")
    cells.say("pm4py", "objects", **objects)
    no_persons(path, events)
    rework(ocel, events)
    loop(ocel, events)


def registered(event):
    """The school that an event registers."""
    if event["type"] == "org.registered" and event["data"]["kind"] == "school":
        yield event["data"]["code"]


def no_persons(path, events):
    """No code of a person who acted stands in the file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    persons = {event["actor"] for event in events} | {event["onbehalfof"] for event in events if "onbehalfof" in event}
    told = [person for person in persons if f'"{person}"' in text or f"@{person}" in text or f":{person}" in text]
    # The system itself acts under the name of the product, which addresses may hold.
    told = [person for person in told if person != "vekha"]
    if told:
        raise SystemExit(f"pm4py: persons are told: {told[:5]}")
    cells.say("pm4py", "no person is told", persons=len(persons))


def subject_row(event):
    """Row and organisation of an event about one obligation."""
    parts = event["subject"].split("/")
    return (parts[1], parts[2]) if len(parts) == 4 else (None, None)


def graph(ocel, of):
    """How often one activity directly follows another for objects of a type, as pm4py discovers it."""
    flat = pm4py.ocel_flattening(ocel, of)
    edges, _, _ = pm4py.discover_dfg(flat)
    return dict(edges)


def kept(ocel, ids):
    """The same log with these events only."""
    return pm4py.filter_ocel_events(ocel, ids)


def follows(events, of):
    """The same count, reckoned from the log: events of one thing in the order of the log."""
    last, edges = {}, collections.Counter()
    for event in events:
        thing = of(event)
        if thing is None:
            continue
        if thing in last:
            edges[last[thing], event["type"]] += 1
        last[thing] = event["type"]
    return dict(edges)


def rework(ocel, events):
    """Row 9.2 by itself: submitted, returned, submitted again, accepted."""
    about = [event for event in events if subject_row(event)[0] == "9.2"
             and event["type"] in DECISIONS | {"checklist.submitted"}]
    wanted = follows(about, lambda event: event["subject"])
    found = graph(kept(ocel, [event["id"] for event in about]), "obligation")
    hold("row 9.2, rework", found, wanted, [
        ("checklist.submitted", "report.returned"),
        ("report.returned", "checklist.submitted"),
        ("checklist.submitted", "report.accepted"),
    ])


def loop(ocel, events):
    """Rows 9.1 to 11.1 of each school: the first act of each row, one after the other."""
    seen, firsts = set(), []
    for event in events:
        row, org = subject_row(event)
        if LOOP.get(row) == event["type"] and (row, org) not in seen:
            seen.add((row, org))
            firsts.append(event)
    schools = {org for event in events for org in registered(event)}
    firsts = [event for event in firsts if subject_row(event)[1] in schools]
    wanted = follows(firsts, lambda event: subject_row(event)[1])
    found = graph(kept(ocel, [event["id"] for event in firsts]), "school")
    steps = list(LOOP.values())
    hold("rows 9.1 to 11.1, the loop", found, wanted, list(zip(steps, steps[1:])))


def hold(what, found, wanted, edges):
    """Edges and their counts are those of the log, and the named ones are among them."""
    if found != wanted:
        raise SystemExit(f"pm4py: {what}: found {found}, the log has {wanted}")
    missing = [edge for edge in edges if not found.get(edge)]
    if missing:
        raise SystemExit(f"pm4py: {what}: {missing} do not occur in {found}")
    told = {f"{one} → {other}": found[one, other] for one, other in edges}
    cells.say("pm4py", what, **told)


if __name__ == "__main__":
    check(cells.given()["ocel"], cells.given()["log"])
