#!/usr/bin/env python3
"""Brings up Superset with Vekha's dashboards over a school year of the demo, until Ctrl-C; or tests them and ends.

run.py [--schools N] [--port P] [--database ADDRESS]
run.py --test [--pictures DIR]

VEKHA_BIN names the program vekha. With --database (postgresql://LOGIN@HOST/NAME) the dashboards stand over a `vekha_bi`
that is already filled, and no demo is started.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import make_bundle

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from stage import Failed, Stage, free_port, get  # noqa: E402

USER = "vekha"
WORKERS = 2
THREADS = 8


def initialise(programs: str, home: Path, environment: dict[str, str]) -> None:
    """Makes the metadata of an empty Superset and its one user."""
    who = ["--username", USER, "--firstname", "Веха", "--lastname", "Веха", "--email", "vekha@localhost"]
    steps = (["db", "upgrade"], ["fab", "create-admin", *who, "--password", environment["SUPERSET_PASSWORD"]], ["init"])
    with (home / "initialise.log").open("wb") as log:
        for step in steps:
            if subprocess.run(
                [f"{programs}/superset", *step], env=environment, cwd=home, stdout=log, stderr=log
            ).returncode:
                tail = (home / "initialise.log").read_text(errors="replace")[-3000:]
                raise Failed(f"superset {step[0]}:\n{tail}")


def superset(stage: Stage, port: int) -> tuple[str, dict[str, str]]:
    """Starts an empty Superset; the answer is its address, and the environment that knows user and password."""
    programs = get("superset")
    home = stage.folder / "superset"
    home.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "SUPERSET_HOME": str(home),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_SECRET_KEY": secrets.token_urlsafe(32),
        "SUPERSET_USER": USER,
        "SUPERSET_PASSWORD": secrets.token_urlsafe(9),
        "FLASK_APP": "superset.app:create_app()",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    initialise(programs, home, environment)
    workers = ["-w", str(WORKERS), "-k", "gthread", "--threads", str(THREADS), "--timeout", "120"]
    serve = [f"{programs}/gunicorn", *workers, "-b", f"127.0.0.1:{port}", "superset.app:create_app()"]
    base = f"http://127.0.0.1:{port}"
    stage.start("gunicorn", *serve, env=environment, cwd=home)
    stage.wait("gunicorn", lambda: answers(f"{base}/health"))
    return base, environment


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError):
        return False


def run(asked: argparse.Namespace, stage: Stage) -> int:
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {text}", flush=True)

    # The longest wait comes first, when nothing is there yet.
    programs = get("superset")
    address = asked.database
    if not address:
        owner = stage.postgres()
        tell(f"PostgreSQL: {owner}")
        demo = stage.demo(owner, asked.schools)
        address = stage.reader(owner)
        tell(f"Vekha: {demo['url']}, {asked.schools} schools, and vekha_bi is filled")
    port = asked.port if asked.port and not asked.test else free_port()
    base, environment = superset(stage, port)
    tell(f"Superset: {base}")
    bundle = stage.folder / "vekha.zip"
    make_bundle.pack(bundle, address.replace("postgresql:", "postgresql+psycopg2:", 1))

    if asked.test:
        pictures = asked.pictures or stage.folder
        pictures.mkdir(parents=True, exist_ok=True)
        check: list[str | Path] = [
            f"{programs}/python",
            HERE / "check.py",
            base,
            bundle,
            "--dsn",
            address,
            "--chromium",
            get("chromium"),
        ]
        code = subprocess.run([*check, "--pictures", pictures], env=environment).returncode
        tell("tested" if code == 0 else "the test failed")
        return code
    importer = [sys.executable, HERE / "import_bundle.py", base, bundle]
    if subprocess.run(importer, env=environment).returncode:
        raise Failed("the dashboards cannot be imported")
    tell("ready")
    print(
        f"""
Исполнение плана / plan    {base}/superset/dashboard/vekha-plan/
Аудит / audit              {base}/superset/dashboard/vekha-audit/
Вход / login               {USER}
Пароль / password          {environment["SUPERSET_PASSWORD"]}
База / database            {address}

Ctrl-C завершает / ends""",
        flush=True,
    )
    signal.pause()
    return 0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--schools", type=int, default=510)
    options.add_argument("--port", type=int, default=8088)
    options.add_argument("--database")
    options.add_argument("--test", action="store_true")
    options.add_argument("--pictures", type=Path)
    asked = options.parse_args()
    try:
        with Stage() as stage:
            code = run(asked, stage)
    except KeyboardInterrupt:
        code = 130 if asked.test else 0
    except Failed as failed:
        sys.exit(f"superset: {failed}")
    sys.exit(code)


if __name__ == "__main__":
    main()
