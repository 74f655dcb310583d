"""A headless Chromium, driven through a pipe, that shows a dashboard and tells what its charts were answered."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

WIDTH = 1600
# Superset draws only what is in the window, so the window holds the whole dashboard.
HEIGHT = 4200
QUIET_SECONDS = 3.0
PATIENCE_SECONDS = 120.0


class Browser:
    """A window. Use it in a `with`, which ends the program."""

    def __init__(self, program: str, cookie: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="vekha-browser-")
        ours_out, its_in = os.pipe()
        its_out, ours_in = os.pipe()
        self._process = subprocess.Popen(
            # Chromium talks on the descriptors 3 and 4. Its sandbox needs rights that root in a container lacks,
            # and the only page it opens is ours.
            [
                "sh",
                "-c",
                f'exec "$@" 3<&{ours_out} 4>&{ours_in}',
                "sh",
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--remote-debugging-pipe",
                "--lang=ru",
                f"--user-data-dir={self._folder.name}",
                f"--window-size={WIDTH},{HEIGHT}",
                "about:blank",
            ],
            pass_fds=(ours_out, ours_in),
            stderr=subprocess.DEVNULL,
        )
        os.close(ours_out)
        os.close(ours_in)
        self._to = os.fdopen(its_in, "wb", buffering=0)
        self._from = its_out
        os.set_blocking(self._from, False)
        self._buffer = b""
        self._sent = 0
        self._events: list[dict[str, Any]] = []
        self._cookie = cookie
        self._tab: str | None = None
        self._session: str | None = None

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._folder.cleanup()

    def show(self, url: str) -> dict[int, Any]:
        """Opens a dashboard and waits until its charts are there: the answers that they got, by the chart's id."""
        self._open_tab()
        self.call("Page.navigate", {"url": url})
        charts: dict[str, int] = {}
        waiting: set[str] = set()
        since, until = time.monotonic(), time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() - since < QUIET_SECONDS or not charts or waiting or self._loading():
            if time.monotonic() > until:
                state = f"{len(waiting)} of {len(charts)} charts without an answer, {self._loading()} still turn"
                raise TimeoutError(f"{url} still loads after {PATIENCE_SECONDS:.0f} s: {state}")
            self._read(0.2)
            for event in self._take_events():
                request = event["params"].get("requestId", "")
                if event["method"] == "Network.requestWillBeSent":
                    since = time.monotonic()
                    chart = chart_of(event["params"]["request"]["url"])
                    if chart is not None:
                        charts[request] = chart
                        waiting.add(request)
                elif event["method"] in ("Network.loadingFinished", "Network.loadingFailed"):
                    since = time.monotonic()
                    waiting.discard(request)
        return {chart: self._body(request) for request, chart in charts.items()}

    def _open_tab(self) -> None:
        """A tab of its own for each page: what an earlier one still asks for concerns nobody."""
        self._session = None
        if self._tab:
            self.call("Target.closeTarget", {"targetId": self._tab})
        self._tab = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self.call("Target.attachToTarget", {"targetId": self._tab, "flatten": True})["sessionId"]
        self.call("Network.enable", {})
        self.call("Network.setCookie", self._cookie)
        self.call("Emulation.setScrollbarsHidden", {"hidden": True})
        self._resize(HEIGHT)

    def picture(self, path: Path) -> None:
        """The dashboard as a PNG, as high as it is."""
        bottom = self.evaluate(
            "Math.max(...[...document.querySelectorAll('.dashboard-component-chart-holder')]"
            ".map(chart => Math.ceil(chart.getBoundingClientRect().bottom)))"
        )
        self._resize(bottom + 24)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", {})["data"]))
        self._resize(HEIGHT)

    def evaluate(self, script: str) -> Any:
        return self.call("Runtime.evaluate", {"expression": script, "returnByValue": True})["result"].get("value")

    def call(self, method: str, params: dict[str, Any]) -> Any:
        self._sent += 1
        number = self._sent
        session = {"sessionId": self._session} if self._session else {}
        self._to.write(json.dumps({"id": number, "method": method, "params": params, **session}).encode() + b"\0")
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            self._read(0.1)
            for message in [event for event in self._events if event.get("id") == number]:
                self._events.remove(message)
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
        raise TimeoutError(method)

    def _resize(self, height: int) -> None:
        size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", size)

    def _loading(self) -> bool:
        return bool(self.evaluate("document.querySelectorAll('.loading, [data-test=loading-indicator]').length"))

    def _body(self, request: str) -> Any:
        body = self.call("Network.getResponseBody", {"requestId": request})
        return json.loads(body["body"])

    def _take_events(self) -> list[dict[str, Any]]:
        taken = [event for event in self._events if "method" in event and event.get("sessionId") == self._session]
        self._events = [event for event in self._events if "method" not in event]
        return taken

    def _read(self, wait: float) -> None:
        try:
            self._buffer += os.read(self._from, 1 << 20)
        except BlockingIOError:
            time.sleep(wait)
        *whole, self._buffer = self._buffer.split(b"\0")
        self._events += [json.loads(message) for message in whole]


def chart_of(url: str) -> int | None:
    """The id of the chart that a request for data is for."""
    parts = urllib.parse.urlsplit(url)
    if parts.path != "/api/v1/chart/data":
        return None
    form = urllib.parse.parse_qs(parts.query).get("form_data", ["{}"])[0]
    number = json.loads(form).get("slice_id")
    return None if number is None else int(number)
