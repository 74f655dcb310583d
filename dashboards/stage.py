"""The stage of the dashboards: a PostgreSQL of its own and Vekha's demo, which fills it; at the end both are gone.

Everything lies in one temporary folder. PostgreSQL listens on a socket in it and on no port, so nobody needs a password.
"""

from __future__ import annotations

import csv
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# The name of the reader that the dashboards ask as.
READER = "dashboards"
REGION = "primorye"
GRACE_SECONDS = 30.0
PATIENCE_SECONDS = 600.0


class Failed(Exception):
    """Something did not start; the message says what, and where its log is."""


class Stage:
    """Starts programs and stops them by their id, the last first. Use it in a `with`."""

    def __init__(self) -> None:
        self._ending = ExitStack()
        self._programs: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Stage:
        # Whoever ends us (a closed terminal too) ends the programs with us: the signals become an exception.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        self.folder = Path(tempfile.mkdtemp(prefix="vekha-"))
        self._ending.callback(shutil.rmtree, self.folder, ignore_errors=True)
        # PostgreSQL, which may run as another user, finds its folder inside, and sees no other.
        self.folder.chmod(0o711)
        return self

    def __exit__(self, *_: object) -> None:
        # Impatience must not leave a program behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self._ending.close()

    def start(self, name: str, *command: str | Path, ends_by: signal.Signals = signal.SIGTERM, **more: Any) -> Path:
        """Starts a program in a session of its own, so that Ctrl-C does not reach it; the answer is its log."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, **more
            )
        self._programs[name] = process
        self._ending.callback(stop, process, ends_by)
        return log

    def wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Waits until `ready`; fails when the program ends before."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not ready():
            code = self._programs[name].poll()
            if code is not None or time.monotonic() > until:
                tail = (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
                raise Failed(f"{name} {'is not ready' if code is None else f'ended with code {code}'}:\n{tail}")
            time.sleep(0.2)

    def postgres(self) -> str:
        """Starts an empty PostgreSQL; the answer is the address of its owner."""
        programs = get("postgres")
        home = self.folder / "postgres"
        home.mkdir(mode=0o700)
        as_user: list[str] = []
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            os.chown(home, 65534, 65534)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=vekha", "--no-sync"]
        init = [*as_user, f"{programs}/initdb", *options, "--pgdata", f"{home}/data"]
        done = subprocess.run(init, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise Failed(f"initdb: {done.stdout}{done.stderr}")
        # What is lost with the machine is made anew, so nothing is waited for.
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(home),
            "fsync": "off",
            "shared_buffers": "256MB",
        }
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
        self.start(
            "postgres", *as_user, f"{programs}/postgres", "-D", f"{home}/data", *flags, ends_by=signal.SIGINT, cwd="/"
        )
        owner = f"postgresql://vekha@/postgres?host={home}"
        self.wait("postgres", lambda: cell(owner, "SELECT 1") == "1")
        return owner

    def demo(self, owner: str, schools: int) -> dict[str, Any]:
        """Starts the demo, and waits until the database holds what the service holds; the answer is its `demo.json`."""
        data = self.folder / "vekha"
        environment = {**os.environ, "VEKHA_NATS_SERVER": get("nats-server")}
        command = (
            binary(),
            "demo",
            "--schools",
            str(schools),
            "--port",
            str(free_port()),
            "--data",
            data,
            "--mart",
            owner,
        )
        self.start("vekha", *command, ends_by=signal.SIGINT, env=environment)
        told = data / "demo.json"
        self.wait("vekha", told.exists)
        demo: dict[str, Any] = json.loads(told.read_text())
        self.wait("vekha", lambda: cell(owner, "SELECT last_seq FROM vekha_bi.v_watermark") == position(demo))
        return demo

    def reader(self, owner: str) -> str:
        """Lets a reader in, who sees the demo's region as any reader does; the answer is its address."""
        command = [binary(), "mart", "reader", "add", READER, "--region", REGION]
        done = subprocess.run(command, env={**os.environ, "VEKHA_MART_URL": owner}, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{' '.join(command)}: {done.stderr}")
        return owner.replace("//vekha@", f"//{READER}@")


def stop(process: subprocess.Popen[bytes], ends_by: signal.Signals) -> None:
    """Asks a program to end, and ends it when it does not."""
    if process.poll() is None:
        process.send_signal(ends_by)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@functools.cache
def get(tool: str) -> str:
    """The path of a tool, installed where it is missing."""
    done = subprocess.run([ROOT / "deploy/tools/get", tool], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failed(f"no {tool}")
    return done.stdout.strip()


def binary() -> str:
    """The program under the dashboards: `VEKHA_BIN`, which `make` sets to the one that it built."""
    there = os.environ.get("VEKHA_BIN", "")
    if not os.access(there, os.X_OK):
        raise Failed(f"no program vekha at '{there}': make build, and name it in VEKHA_BIN")
    return there


def rows(address: str, sql: str) -> list[dict[str, str]]:
    """The rows of a query, every cell as text."""
    command = [f"{get('postgres')}/psql", "-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", address]
    done = subprocess.run(command, input=sql, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{done.stderr.strip()} in: {sql}")
    return list(csv.DictReader(done.stdout.splitlines()))


def cell(address: str, sql: str) -> str | None:
    """The only cell that a query gives; None while the database does not answer, or has no row."""
    try:
        return next((next(iter(row.values())) for row in rows(address, sql)), None)
    except Failed:
        return None


def position(demo: dict[str, Any]) -> str:
    """How far the service is, as it says with every answer."""
    request = urllib.request.Request(f"{demo['url']}/api/v1/indicators")
    request.add_header("Authorization", f"Bearer {demo['tokens']['bi']}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.headers["Vekha-Seq"])


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
