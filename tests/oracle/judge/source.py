"""Where feed and values come from: files, or the service."""

import json
import urllib.parse
import urllib.request


def fetch(url, token):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode("utf-8")


def read_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def read_feed(source, token):
    if not source.startswith("http"):
        with open(source, encoding="utf-8") as file:
            return read_lines(file.read())
    events, after = [], 0
    while page := read_lines(fetch(f"{source}?after={after}&limit=10000", token)):
        events += page
        after = page[-1]["seq"]
    return events


def read_values(source, token, asked):
    """The rows, and what the answer says of its moment: `as_of`, `on`."""
    if source.startswith("http"):
        rows, said, query = [], {}, dict(asked)
        while True:
            answer = json.loads(fetch(source + ("?" + urllib.parse.urlencode(query) if query else ""), token))
            rows += answer["data"]
            said = said | {k: v for k, v in answer.items() if k in ("as_of", "on")}
            if not answer.get("next"):
                return rows, said
            query["cursor"] = answer["next"]
    with open(source, encoding="utf-8") as file:
        text = file.read()
    try:
        answer = json.loads(text)
    except json.JSONDecodeError:
        answer = read_lines(text)
    if isinstance(answer, list):
        return answer, {}
    return (answer["data"], answer) if "data" in answer else ([answer], {})
