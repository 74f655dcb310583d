"""pm4py on `vekha export --format ocel`: it reads the file, counts agree with the log, the control loop is found.

pm4py is under the AGPL: it runs here as a program of its own, and nothing of Vekha is linked with it. What it is held
to is told by the log itself, as the change feed gives it.
"""

import collections
import json
import warnings
from pathlib import Path

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


def check(path, log, files):
    """The file against the log, an event a line."""
    with open(log, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    ocel = pm4py.read_ocel2_json(path)
    counted = collections.Counter(event["type"] for event in events)
    found = collections.Counter(ocel.events["ocel:activity"])
    if found != counted:
        raise SystemExit(f"pm4py: counts by type differ: {(found - counted) or (counted - found)}")
    cells.say("pm4py", "events by type are the log's", types=len(counted), events=len(events))
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    types = {one["name"] for one in told["objectTypes"]}
    if types != OBJECT_TYPES:
        raise SystemExit(f"pm4py: other types of objects: {types ^ OBJECT_TYPES}")
    # pm4py leaves out objects that no event names: obligations that nobody has touched yet.
    named = {link["objectId"] for event in told["events"] for link in event["relationships"]}
    wanted = collections.Counter(one["type"] for one in told["objects"] if one["id"] in named)
    if collections.Counter(ocel.objects["ocel:type"]) != wanted:
        raise SystemExit("pm4py: it has other objects than the file")
    schools = {org for event in events for org in registered(event)}
    objects = collections.Counter(one["type"] for one in told["objects"])
    if objects["school"] != len(schools):
        raise SystemExit(f"pm4py: {objects['school']} schools, registered were {len(schools)}")
    obligations = sum(event["data"].get("count", 0) for event in events
                      if event["type"] in ("plan.activated", "school.enrolled"))
    if objects["obligation"] != obligations:
        raise SystemExit(f"pm4py: {objects['obligation']} obligations, the log made {obligations}")
    cells.say("pm4py", "objects", **objects)
    ends(told, files)
    no_persons(path, events)
    rework(ocel, events)
    loop(ocel, events)


def ends(told, files):
    """What became of every obligation is what the set of obligations says."""
    rows = {row["obligation_id"]: row for row in cells.from_csv(Path(files) / "csv" / "obligation.csv")}
    obligations = [one for one in told["objects"] if one["type"] == "obligation"]
    for one in obligations:
        last = {attribute["name"]: attribute["value"] for attribute in one["attributes"]}
        row = rows[one["id"].removeprefix("obligation:")]
        found = (last["phase"], last["due_effective"], str(last["moved_count"]))
        if found != (row["phase"], row["effective_due_on"] or "none", row["moves"]):
            raise SystemExit(f"ocel: {one['id']} ends as {found}")
    cells.say("ocel", "obligations end as the set of obligations has them", obligations=len(obligations))


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
    # Who acts for the system is called as the product or as the role, which are no persons.
    told = [person for person in told if person not in {"vekha"} | {event["actorrole"] for event in events}]
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
    """The same count, reckoned from the log: what follows what for each thing, in the order of the record."""
    last, edges = {}, collections.Counter()
    for event in sorted(events, key=lambda event: (event["recordedat"], event["seq"])):
        for thing in of(event):
            if thing in last:
                edges[last[thing], fact(event)] += 1
            last[thing] = fact(event)
    return dict(edges)


def fact(event):
    """What happened: a bulk fact is what it says for its recipients."""
    return event["data"]["event_type"] if event["type"] == "bulk.recorded" else event["type"]


def rework(ocel, events):
    """Row 9.2 by itself: submitted, returned, submitted again, accepted."""
    about = [event for event in events if subject_row(event)[0] == "9.2"
             and event["type"] in DECISIONS | {"checklist.submitted"}]
    wanted = follows(about, lambda event: [event["subject"]])
    found = graph(kept(ocel, [event["id"] for event in about]), "obligation")
    hold("row 9.2, rework", found, wanted, [
        ("checklist.submitted", "report.returned"),
        ("report.returned", "checklist.submitted"),
        ("checklist.submitted", "report.accepted"),
    ])


def loop(ocel, events):
    """Rows 9.1 to 11.1 of each school, whether said to one or to many at once."""
    schools = {org for event in events for org in registered(event)}

    def row_and_schools(event):
        if event["type"] == "bulk.recorded":
            return event["data"]["row"], schools.intersection(event["data"]["recipients"])
        row, org = subject_row(event)
        return row, schools.intersection([org])

    about = [event for event in events if LOOP.get(row_and_schools(event)[0]) == fact(event)]
    wanted = follows(about, lambda event: row_and_schools(event)[1])
    part = kept(ocel, [event["id"] for event in about])
    part.events["ocel:activity"] = part.events["fact"].fillna(part.events["ocel:activity"])
    part.relations["ocel:activity"] = part.relations["ocel:eid"].map(
        dict(zip(part.events["ocel:eid"], part.events["ocel:activity"])))
    steps = list(LOOP.values())
    hold("rows 9.1 to 11.1, the loop", graph(part, "school"), wanted, list(zip(steps, steps[1:])))


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
    told = cells.given()
    check(told["ocel"], told["log"], told["files"])
