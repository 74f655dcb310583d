#!/usr/bin/env python3
"""Measures a running service: values now, as of past instants, judged on other days; commands and what followers read.

    past_and_live.py --url http://127.0.0.1:8080 --token TOKEN [--as-of INSTANT …] [--on DAY …] [--commands 1500]

TOKEN is of the ministry. With --commands as many reports that wait are accepted, 50 a second: take a copy of a log that
counts. A command is visible when a follower of /api/v1/live has read the values of a state that contains it.
Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import argparse
import http.client
import json
import sys
import threading
import time
from urllib.parse import quote, urlsplit

PER_SECOND = 50
SENDERS = 16
MUNICIPALITIES = "/api/v1/values?level=municipality&limit=10000"


class Service:
    """Where the service is, and who asks."""

    def __init__(self, url, token):
        self.place = urlsplit(url).netloc
        self.headers = {"authorization": f"Bearer {token}"}

    def connect(self):
        return http.client.HTTPConnection(self.place, timeout=600)

    def get(self, path):
        connection = self.connect()
        began = time.monotonic()
        connection.request("GET", path, headers=self.headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), time.monotonic() - began


def told(what, **figures):
    print(json.dumps({"what": what, **figures}, ensure_ascii=False), flush=True)


def read(service, what, path):
    status, body, took = service.get(path)
    told(what, status=status, ms=round(took * 1000, 1), bytes=len(body))


def waiting(service, most):
    """Reports that wait for acceptance."""
    ids, cursor = [], ""
    while len(ids) < most:
        status, body, _ = service.get(f"/api/v1/obligations?phase=submitted&limit=1000{cursor}")
        if status != 200:
            sys.exit(f"obligations: {status} {body[:300]!r}")
        page = json.loads(body)
        ids += [row["id"] for row in page["data"]]
        if not page.get("next"):
            break
        cursor = f"&cursor={page['next']}"
    return ids[:most]


def follow(service, seen):
    """Notes when the values of which position were read."""
    connection = service.connect()
    connection.request("GET", "/api/v1/live?level=country", headers=service.headers)
    answer = connection.getresponse()
    position, kind = 0, ""
    for line in iter(answer.readline, b""):
        now, text = time.monotonic(), line.decode().rstrip("\n")
        if text.startswith("id:"):
            position = int(text.rsplit(":", 1)[1])
        elif text.startswith("event:"):
            kind = text[6:].strip()
        elif not text:
            if kind == "values":
                seen.append((position, now))
            kind = ""


def send(service, ids, number, began, sent):
    connection = service.connect()
    for at in range(number, len(ids), SENDERS):
        time.sleep(max(0.0, began + at / PER_SECOND - time.monotonic()))
        start = time.monotonic()
        headers = {**service.headers, "content-type": "application/json", "idempotency-key": f"bench-{at}-{began}"}
        connection.request("POST", "/api/v1/commands/accept", json.dumps({"obligation": ids[at]}), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status in (200, 201):
            sent.append((body["events"][-1]["seq"], start, time.monotonic() - start))


def quantiles(seconds):
    ordered = sorted(seconds)
    at = {name: ordered[int((len(ordered) - 1) * share)] for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}
    return {f"{name}_ms": round(value * 1000, 1) for name, value in at.items()}


def commands(service, most):
    ids, seen, sent = waiting(service, most), [], []
    if not ids:
        sys.exit("no report waits for acceptance")
    threading.Thread(target=follow, args=(service, seen), daemon=True).start()
    time.sleep(2)
    began = time.monotonic() + 0.5
    senders = [threading.Thread(target=send, args=(service, ids, n, began, sent)) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    time.sleep(4)
    if not sent:
        sys.exit(f"none of {len(ids)} commands was taken")
    told("command to receipt", sent=len(sent), refused=len(ids) - len(sent), **quantiles([took for _, _, took in sent]))
    visible = [(start, [when for at, when in seen if at >= seq]) for seq, start, _ in sent]
    visible = [min(when) - start for start, when in visible if when]
    if len(visible) < len(sent):
        sys.exit(f"{len(visible)} of {len(sent)} changes were told")
    told("command to every level's values, followed", commands=len(visible), **quantiles(visible))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--as-of", nargs="*", default=[])
    parser.add_argument("--on", nargs="*", default=[])
    parser.add_argument("--commands", type=int, default=0)
    args = parser.parse_args()
    service = Service(args.url, args.token)
    read(service, "values now", MUNICIPALITIES)
    for name, values in (("as_of", args.as_of), ("on", args.on)):
        for value in values:
            for again in ("", ", again"):
                read(service, f"{name} {value}{again}", f"{MUNICIPALITIES}&{name}={quote(value)}")
    if args.commands:
        commands(service, args.commands)


if __name__ == "__main__":
    main()
