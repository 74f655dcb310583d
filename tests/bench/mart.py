#!/usr/bin/env python3
"""Measures the PostgreSQL that is kept up: first fill and rebuild beside a bare COPY, an act until its row is there, a restart.

    mart.py --vekha BINARY --postgres FOLDER [--schools 510] [--commands 200] [--data FOLDER] [--json FILE]

Starts a PostgreSQL of its own on a socket in a temporary folder and `vekha demo` over it. The bare COPY reads the same
bytes of the same tables from files into tables without keys, in the same run: once as PostgreSQL takes it anywhere,
once into tables of the same transaction, as a rebuild does. FOLDER of --data keeps the demo: a second run
serves what was told there. Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True

NOBODY = 65534
PATIENCE = 3600


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vekha", required=True, type=Path, help="the binary")
    parser.add_argument("--postgres", required=True, type=Path, help="folder of initdb, postgres and psql")
    parser.add_argument("--schools", default=510, type=int)
    parser.add_argument("--commands", default=200, type=int)
    parser.add_argument("--data", type=Path, help="folder of the demo, kept")
    parser.add_argument("--json", type=Path, help="file for every figure")
    return parser.parse_args()


class Postgres:
    """A server of our own; as root, another user's."""

    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        os.chmod(folder, 0o755)
        self.user = []
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            self.user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        data = folder / "data"
        initdb = [programs / "initdb", "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth=trust", "-D", data]
        subprocess.run([*self.user, *initdb], check=True, stdout=subprocess.DEVNULL, cwd="/")
        settings = {"listen_addresses": "", "shared_buffers": "512MB", "max_wal_size": "4GB", "wal_level": "minimal",
                    "max_wal_senders": "0", "maintenance_work_mem": "256MB"}
        server = [programs / "postgres", "-D", data, "-k", folder]
        for name, value in settings.items():
            server += ["-c", f"{name}={value}"]
        self.log = open(folder.parent / "postgres.log", "w")
        self.process = subprocess.Popen([*self.user, *server], stderr=self.log, cwd="/")
        waited(lambda: subprocess.run([*self.psql("postgres"), "-c", ""], stderr=subprocess.DEVNULL).returncode == 0)
        self.ask("CREATE DATABASE bi", "postgres")

    def psql(self, database="bi"):
        return [str(self.programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder),
                "-U", "postgres", "-d", database]

    def ask(self, text, database="bi"):
        answer = subprocess.run([*self.psql(database), "-c", text], check=True, stdout=subprocess.PIPE, text=True)
        return answer.stdout.strip()

    def url(self):
        return f"postgres://postgres@{str(self.folder).replace('/', '%2F')}/bi"

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Session:
    """A connection that stays open: what is asked is answered in a line."""

    def __init__(self, postgres):
        quiet = {**os.environ, "PGOPTIONS": "-c client_min_messages=warning"}
        self.process = subprocess.Popen(postgres.psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=quiet)

    def ask(self, text):
        self.process.stdin.write(text + ";\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def timed(self, text):
        """Seconds of statements that answer nothing."""
        start = time.perf_counter()
        self.process.stdin.write(text + ";\nSELECT 'done';\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "done"
        return time.perf_counter() - start


def waited(holds):
    start = time.monotonic()
    while not (found := holds()):
        if time.monotonic() - start > PATIENCE:
            sys.exit("it takes too long")
        time.sleep(0.05)
    return found


def times(log, said, nth=0):
    """Seconds of making rows and of writing them, from the n-th line that says so in the service's log; nothing without it."""
    lines = [line for line in log.read_text().splitlines() if said in line]
    if len(lines) <= nth:
        return None
    return tuple(int(took) / 1000 for took in re.search(r"made_ms=(\d+) took_ms=(\d+)", lines[nth]).groups())


def bare(postgres, session, folder):
    """Seconds of a COPY of the same bytes, into tables that are there and into tables of the same transaction."""
    tables = postgres.ask("SELECT relname FROM pg_class WHERE relnamespace = 'vekha_bi_1'::regnamespace "
                          "AND relkind = 'r' AND relname ~ '_g[0-9]+$'").split()
    size = 0
    for table in tables:
        # The server writes and reads its own files: no client is in the way.
        postgres.ask(f"COPY vekha_bi_1.{table} TO '{folder}/{table}.copy' WITH (FORMAT binary)")
        size += (folder / f"{table}.copy").stat().st_size
    create = "".join(f"CREATE TABLE bare.{table} (LIKE vekha_bi_1.{table});" for table in tables)
    copy = "".join(f"COPY bare.{table} FROM '{folder}/{table}.copy' WITH (FORMAT binary);" for table in tables)
    session.timed(f"CREATE SCHEMA bare; {create}")
    there = session.timed(f"BEGIN; {copy} COMMIT")
    session.timed("DROP SCHEMA bare CASCADE; CREATE SCHEMA bare")
    same = session.timed(f"BEGIN; {create} {copy} COMMIT")
    session.timed("DROP SCHEMA bare CASCADE")
    return size, there, same


def served(given, data, log, mart):
    """The process of a service over a folder, and what tells its address and a token once it serves."""
    out = {"stdout": subprocess.DEVNULL, "stderr": open(log, "w")}
    if not (data / "tokens.json").exists():
        command = [given.vekha, "demo", "--schools", str(given.schools), "--port", "0", "--data", data, "--mart", mart]

        def told():
            demo = json.loads((data / "demo.json").read_text())
            return demo["url"], demo["tokens"]["ministry"]

        return subprocess.Popen(command, **out), told
    create = [given.vekha, "token", "create", "--role", "ministry", "--person", "bench-mart", "--data", data]
    token = subprocess.run(create, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"VEKHA_DATA": str(data), "VEKHA_LISTEN": f"127.0.0.1:{port}", "VEKHA_MART_URL": mart}
    process = subprocess.Popen([given.vekha, "serve"], env={**os.environ, **settings}, **out)
    return process, lambda: (f"http://127.0.0.1:{port}", token)


def acted(where, session, postgres, commands):
    """Milliseconds from a command's request, and from its answer, until its event is in the database."""
    url, token = where
    ids = postgres.ask(f"SELECT obligation_id FROM vekha_bi.v_obligation WHERE phase = 'open' LIMIT {commands}").split("\n")
    asked, answered = [], []
    for at, obligation in enumerate(filter(None, ids)):
        body = {"obligation": obligation, "reason": "not-applicable", "basis": "bench"}
        request = urllib.request.Request(f"{url}/api/v1/commands/excuse", json.dumps(body).encode(), {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json",
            "Idempotency-Key": f"bench-mart-{at}-{os.getpid()}"})
        start = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            seq = json.load(answer)["events"][-1]["seq"]
        told = time.perf_counter()
        while session.ask(f"SELECT count(*) FROM vekha_bi.v_event WHERE stream_seq = {seq}") != "1":
            time.sleep(0.001)
        now = time.perf_counter()
        asked.append((now - start) * 1000)
        answered.append((now - told) * 1000)
    return asked, answered


def percentile(numbers, share):
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * share))]


def main():
    given = arguments()
    folder = Path(tempfile.mkdtemp(prefix="vekha-mart-"))
    os.chmod(folder, 0o755)
    (folder / "pg").mkdir()
    data = given.data or folder / "demo"
    data.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(given.postgres, folder / "pg")
    log = folder / "vekha.log"
    service, where = served(given, data, log, postgres.url())
    figures = {"schools": given.schools}
    try:
        waited(lambda: times(log, "stands anew") or service.poll() is not None)
        if service.poll() is not None:
            sys.exit(f"the service ended:\n{log.read_text()[-2000:]}")
        made, fill = times(log, "stands anew")
        rows = int(re.search(r" rows=(\d+)", log.read_text())[1])
        session = Session(postgres)
        size, there, same = bare(postgres, session, folder / "pg")
        subprocess.run([given.vekha, "mart", "rebuild", "--mart", postgres.url()], check=True, stdout=subprocess.DEVNULL)
        made_again, rebuild = waited(lambda: times(log, "stands anew", 1))
        figures |= {"rows": rows, "bytes": size, "made_s": made, "fill_s": fill, "made_again_s": made_again,
                    "rebuild_s": rebuild, "copy_s": there, "copy_same_transaction_s": same}
        print(f"{rows} rows, {size / 1e6:.1f} MB")
        for name, took in [("first fill: rows made from the state", made), ("written, with keys, policies, statistics", fill),
                           ("rebuild: rows made from the state", made_again), ("written, the same", rebuild),
                           ("bare COPY into tables that are there", there),
                           ("bare COPY into tables of the same transaction", same)]:
            print(f"{name:<46} {took:8.2f} s {rows / took:12,.0f} rows/s   {took / same:5.2f} of the last")
        asked, answered = acted(where(), session, postgres, given.commands)
        for name, took in [("from request to row in PostgreSQL", asked), ("from answer to row in PostgreSQL", answered)]:
            told = {"n": len(took), "p50_ms": statistics.median(took), "p99_ms": percentile(took, 0.99), "max_ms": max(took)}
            figures[name] = told
            print(f"{name:<46} p50 {told['p50_ms']:.1f} ms, p99 {told['p99_ms']:.1f} ms, "
                  f"most {told['max_ms']:.1f} ms, {told['n']} commands")
        service.send_signal(signal.SIGINT)
        service.wait()
        again = folder / "again.log"
        service, _ = served(given, data, again, postgres.url())
        made, compared = waited(lambda: times(again, "goes on"))
        figures |= {"restart_made_s": made, "restart_compared_s": compared}
        print(f"after a restart: all rows made in {made:.2f} s and compared in {compared:.2f} s")
        if given.json:
            given.json.write_text(json.dumps(figures, indent=2) + "\n")
    finally:
        service.send_signal(signal.SIGINT)
        service.wait()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
