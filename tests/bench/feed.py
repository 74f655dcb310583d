#!/usr/bin/env python3
"""Measures the feed for external tools: answers a second, megabytes a second, the share of a file that a reader reads.

    feed.py --vekha BINARY [--schools 510] [--seconds 5] [--connections 4] [--json FILE]
    feed.py --url http://127.0.0.1:8080 --token TOKEN [...]

With --vekha a demo is told and served on loopback for as long as it takes. The client is Python's own, on the same
machine: the line of /healthz says what it can ask at most, so read every rate beside that one. polars reads a semester
of the pinned Parquet file through a relay that counts bytes and requests, and so does DuckDB: run it with a Python that
has polars, duckdb and duckdb-ext-httpfs of duckdb's version, as `make bench-feed` does. Exit codes: 0 measured,
1 something failed, 2 wrong use.
"""

import argparse
import base64
import contextlib
import http.client
import http.server
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

sys.dont_write_bytecode = True

PERIOD = "2022-2023.H1"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vekha", type=Path, help="the binary: a demo is told with it")
    parser.add_argument("--schools", default=510, type=int)
    parser.add_argument("--url", help="a service that runs")
    parser.add_argument("--token", help="its access token")
    parser.add_argument("--seconds", default=5.0, type=float, help="of each measurement")
    parser.add_argument("--connections", default=4, type=int)
    parser.add_argument("--json", type=Path, help="file for every figure")
    given = parser.parse_args()
    if bool(given.vekha) == bool(given.url and given.token):
        parser.error("give --vekha, or --url and --token")
    return given


@contextlib.contextmanager
def service(given):
    """Address and token of a service; a demo of our own is ended behind us."""
    if given.url:
        yield given.url, given.token
        return
    with tempfile.TemporaryDirectory(prefix="vekha-bench-feed-") as data:
        command = [given.vekha, "demo", "--schools", str(given.schools), "--data", data, "--port", "0"]
        demo = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            ready = Path(data, "demo.json")
            while not ready.exists():
                if demo.poll() is not None:
                    sys.exit(f"vekha demo ended with {demo.returncode}")
                time.sleep(0.2)
            told = json.loads(ready.read_text())
            yield told["url"], told["tokens"]["bi"]
        finally:
            demo.terminate()
            demo.wait()


class Client:
    """One connection that is kept."""

    def __init__(self, url, token):
        self.line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path, **headers):
        self.line.request("GET", path, headers=self.headers | headers)
        answer = self.line.getresponse()
        return answer, answer.read()


def rate(given, url, token, path, expected=200, **headers):
    """Answers a second over some connections, and how they were spread: median and the slowest of a hundred."""
    times, lock, end = [], threading.Lock(), time.perf_counter() + given.seconds

    def ask():
        client, mine = Client(url, token), []
        while time.perf_counter() < end:
            start = time.perf_counter()
            answer, _ = client.get(path, **headers)
            mine.append(time.perf_counter() - start)
            if answer.status != expected:
                raise SystemExit(f"{path}: {answer.status}")
        with lock:
            times.extend(mine)

    threads = [threading.Thread(target=ask) for _ in range(given.connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    times.sort()
    p99 = times[min(len(times) - 1, len(times) * 99 // 100)]
    return {"per_second": len(times) / took, "p50_ms": statistics.median(times) * 1e3, "p99_ms": p99 * 1e3}


def once(url, token, path):
    """Seconds and bytes of one answer; what the service says where a sheet cannot hold so many rows."""
    start = time.perf_counter()
    answer, body = Client(url, token).get(path)
    if answer.status == 422:
        return {"refused": json.loads(body)["code"]}
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {body[:300]}")
    return {"seconds": time.perf_counter() - start, "bytes": len(body)}


class Relay(http.server.ThreadingHTTPServer):
    """Passes requests on with the token, and counts what comes back."""

    daemon_threads = True

    def __init__(self, url, token):
        self.upstream, self.token = url, token
        self.requests, self.bytes, self.lock = 0, 0, threading.Lock()
        super().__init__(("127.0.0.1", 0), Passing)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def counted(self):
        with self.lock:
            found = (self.requests, self.bytes)
            self.requests, self.bytes = 0, 0
        return found


class Passing(http.server.BaseHTTPRequestHandler):
    """One connection of a reader."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        line = http.client.HTTPConnection(urlsplit(self.server.upstream).netloc, timeout=600)
        wanted = {name: self.headers[name] for name in ("Range", "If-Range", "If-None-Match") if self.headers[name]}
        line.request(self.command, self.path, headers=wanted | {"Authorization": f"Bearer {self.server.token}"})
        answer = line.getresponse()
        body = answer.read()
        with self.server.lock:
            self.server.requests += 1
            self.server.bytes += len(body)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        line.close()


def semester(given, url, token):
    """What readers fetch of the pinned file for one semester of one indicator."""
    client = Client(url, token)
    pinned = client.get("/bi/v1/snapshots/latest/indicator.parquet")[0].headers["location"]
    whole = int(once(url, token, pinned)["bytes"])
    relay = Relay(url, token)
    address = f"http://127.0.0.1:{relay.server_address[1]}{pinned}"
    found = {"file_bytes": whole}

    def measured(name, ask):
        relay.counted()
        rows = ask()
        requests, read = relay.counted()
        found[name] = {"rows": rows, "requests": requests, "bytes": read, "share": read / whole}

    def by_polars():
        import polars

        rows = polars.scan_parquet(address).filter(
            (polars.col("period_code") == PERIOD) & (polars.col("indicator_code") == "I01")
        )
        return rows.select("org_code", "numerator", "denominator").collect().height

    def by_duckdb():
        import duckdb

        con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        con.execute(f"LOAD '{httpfs()}'")
        query = f"SELECT org_code, numerator, denominator FROM '{address}' WHERE period_code = ? AND indicator_code = 'I01'"
        return len(con.execute(query, [PERIOD]).fetchall())

    measured("polars", by_polars)
    measured("DuckDB", by_duckdb)
    relay.shutdown()
    return found


def httpfs():
    """The extension that lets DuckDB read over HTTP, of DuckDB's own version."""
    import duckdb
    import duckdb_ext

    places = [Path(place) for place in duckdb_ext.__path__]
    found = [path for place in places for path in place.glob(f"extensions/v{duckdb.__version__}/*/httpfs.duckdb_extension")]
    if not found:
        sys.exit(f"there is no httpfs for DuckDB {duckdb.__version__}")
    return found[0]


def main():
    given = arguments()
    found = {}
    with service(given) as (url, token):
        for name in ("indicator", "obligation", "event"):
            found[f"{name}.parquet, the first"] = once(url, token, f"/bi/v1/{name}.parquet")
            for form in ("parquet", "csv", "xlsx"):
                found[f"{name}.{form}, whole"] = once(url, token, f"/bi/v1/{name}.{form}")
        school = quote("org_code eq 'pogranichny-s01'")
        semester_of = quote(f"period_code eq '{PERIOD}' and level eq 'municipality'")
        pinned = Client(url, token).get("/bi/v1/snapshots/latest/indicator.parquet")[0].headers["location"]
        tag = Client(url, token).get(pinned)[0].headers["etag"]
        basic = base64.b64encode(f"token:{token}".encode()).decode()
        asked = {
            "/healthz: what the client can ask": ("/healthz", 200, {}),
            "OData, 1,000 rows": ("/bi/v1/odata/indicator", 200, {"Prefer": "maxpagesize=1000"}),
            "OData, municipalities in a semester": (f"/bi/v1/odata/indicator?$filter={semester_of}", 200, {}),
            "OData, obligations of a school": (f"/bi/v1/odata/obligation?$filter={school}", 200, {}),
            "OData, $count of a filter": (f"/bi/v1/odata/obligation/$count?$filter={school}", 200, {}),
            "Parquet, a range of 64 KiB": (pinned, 206, {"Range": "bytes=-65536"}),
            "Parquet, whole": (pinned, 200, {"Authorization": f"Basic {basic}"}),
            "Parquet, not changed": (pinned, 304, {"If-None-Match": tag}),
            "CSV, a municipality": ("/bi/v1/indicator.csv?within=pogranichny", 200, {}),
        }
        for name, (path, expected, headers) in asked.items():
            found[name] = rate(given, url, token, path, expected, **headers)
        found["one semester of one indicator"] = semester(given, url, token)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2, ensure_ascii=False))
    for name, figures in found.items():
        if "per_second" in figures:
            print(f"{name:45} {figures['per_second']:9.0f} /s   p50 {figures['p50_ms']:7.1f} ms   p99 {figures['p99_ms']:7.1f} ms")
        elif "seconds" in figures:
            pace = figures["bytes"] / figures["seconds"] / 1e6
            print(f"{name:45} {figures['seconds']:9.3f} s    {figures['bytes'] / 1e6:8.2f} MB   {pace:7.1f} MB/s")
        elif "refused" in figures:
            print(f"{name:45} refused: {figures['refused']}")
        else:
            print(f"{name}: a file of {figures['file_bytes'] / 1e6:.2f} MB")
            for reader in ("polars", "DuckDB"):
                told = figures[reader]
                print(f"    {reader}: {told['rows']} rows, {told['share']:.1%} of the bytes in {told['requests']} requests")


if __name__ == "__main__":
    main()
