"""A session with Superset's API, by the standard library."""

from __future__ import annotations

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any


class Refused(Exception):
    """Superset's answer was no success."""


class Superset:
    """Logged in at `base`."""

    def __init__(self, base: str, user: str, password: str) -> None:
        self.base = base
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self._headers = {"Referer": base}
        login = {"username": user, "password": password, "provider": "db", "refresh": True}
        self._headers["Authorization"] = f"Bearer {self.post('/api/v1/security/login', login)['access_token']}"
        self._headers["X-CSRFToken"] = self.get("/api/v1/security/csrf_token/")["result"]

    def get(self, path: str) -> Any:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def import_assets(self, bundle: Path, passwords: dict[str, str] | None = None) -> None:
        """Installs or upgrades. Of Superset's ways of importing this one alone also replaces charts.

        `passwords` are of databases, by their files in the bundle; needed where an address holds the mask of a password
        and Superset does not know it yet.
        """
        boundary = uuid.uuid4().hex
        parts = {'"bundle"; filename="bundle.zip"\r\nContent-Type: application/zip': bundle.read_bytes()}
        if passwords:
            parts['"passwords"'] = json.dumps(passwords).encode()
        body = b"".join(
            f"--{boundary}\r\nContent-Disposition: form-data; name={head}\r\n\r\n".encode() + part + b"\r\n"
            for head, part in parts.items()
        )
        content_type = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self._call("POST", "/api/v1/assets/import/", body + f"--{boundary}--\r\n".encode(), content_type)

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(self.base + path, body, {**self._headers, **headers}, method=method)
        try:
            with self._opener.open(request, timeout=120) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:2000]}") from error


def session_cookie(base: str, user: str, password: str) -> dict[str, str]:
    """The cookie of a person who has filled in the form; the API's token opens no pages."""
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with opener.open(f"{base}/login/", timeout=60) as page:
        token = re.search(r'csrf_token[^>]*?(?:value="|&#34;: &#34;|": ")([\w.-]+)', page.read().decode())
    if token is None:
        raise Refused("the page of the login has no csrf_token")
    form = urllib.parse.urlencode({"username": user, "password": password, "csrf_token": token[1]}).encode()
    opener.open(urllib.request.Request(f"{base}/login/", form, {"Referer": f"{base}/login/"}), timeout=60).close()
    value = next(cookie.value for cookie in cookies if cookie.name == "session")
    return {"name": "session", "value": value or "", "url": base}
