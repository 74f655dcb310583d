"""LibreOffice over ODBC on the views of the PostgreSQL that Vekha keeps up, as its Base and Calc reach a data source.

LibreOffice runs without a window and is asked through its own interface; every cell is compared.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import cells

# LibreOffice's types of columns by number (com.sun.star.sdbc.DataType).
TYPES = {
    "text": (-1, 1, 12),
    "int": (-5,),
    "double": (2, 3),
    "bool": (-7, 16),
    "date": (91,),
    "instant": (93,),
}
# A moment as the driver writes it is in the zone of the session: asked for in UTC. And LibreOffice reads double
# precision over ODBC as single precision, seven digits; a numeric it reads to the fourteen that PostgreSQL makes of it.
CASTS = {"instant": "{0} at time zone 'UTC' as {0}", "double": "{0}::numeric as {0}"}
DIGITS = 14
PATIENCE_SECONDS = 120.0
WITH_UNO = "VEKHA_WITH_UNO"


def root(office):
    """The folder of LibreOffice's own files: those of the unpacked one, or of the system."""
    unpacked = Path(office).resolve().parents[1]
    return unpacked if (unpacked / "usr/lib/libreoffice").is_dir() else Path("/")


def source(folder, office, dsn):
    """The data source: where the driver is and which database it asks."""
    found = urlsplit(dsn)
    host = parse_qs(found.query).get("host", [found.hostname])[0]
    driver = next(iter(sorted((root(office) / "usr/lib").rglob("psqlodbcw.so"))), "psqlodbcw.so")
    lines = {
        "Driver": driver,
        "Servername": host,
        "Port": found.port or 5432,
        "Username": found.username,
        "Database": found.path.lstrip("/"),
        "ReadOnly": 1,
        "BoolsAsChar": 0,
    }
    (folder / "odbc.ini").write_text("[vekha]\n" + "".join(f"{key}={value}\n" for key, value in lines.items()))


def again_with_uno(told):
    """Runs this program again where Python finds LibreOffice's interface and its libraries."""
    at, folder = root(told["office"]), told["folder"]
    libraries = sorted({str(file.parent) for file in (at / "usr/lib").rglob("*.so*")}) if at != Path("/") else []
    environment = {
        **os.environ,
        WITH_UNO: "1",
        "ODBCINI": f"{folder}/odbc.ini",
        "ODBCSYSINI": folder,
        # LibreOffice takes the driver's bytes by the locale.
        "LC_ALL": "C.UTF-8",
        "LD_LIBRARY_PATH": ":".join(libraries),
        "PYTHONPATH": f"{at}/usr/lib/python3/dist-packages:{at}/usr/lib/libreoffice/program",
    }
    return subprocess.run([sys.executable, "-B", __file__, cells.json.dumps(told)], env=environment).returncode


def end(program):
    """Ends LibreOffice with what it started, when it did not end as it was asked to."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGTERM)


def office(told, ending):
    """LibreOffice, started and reached; `ending` ends it."""
    import uno

    address = f"pipe,name=vekha-{os.getpid()};urp;StarOffice.ComponentContext"
    profile = f"-env:UserInstallation=file://{told['folder']}/profile"
    command = [told["office"], "--headless", "--norestore", profile, f"--accept={address}"]
    # It warns that it found no Java, which nothing here needs.
    program = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    ending.callback(end, program)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return program, resolver.resolve(f"uno:{address}")
        except Exception as error:  # the bridge has a class of its own for a listener that is not there yet
            if program.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"LibreOffice odbc: it cannot be reached: {error}") from error
            time.sleep(0.2)


def character_set(name):
    """What Base's assistant asks as «Character set»."""
    import uno

    value = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    value.Name, value.Value = "CharSet", name
    return (value,)


def ask(connection, query):
    """The types of the columns, and the rows."""
    result = connection.createStatement().executeQuery(query)
    meta = result.getMetaData()
    types = [meta.getColumnType(column) for column in range(1, meta.getColumnCount() + 1)]
    rows = []
    while result.next():
        row = []
        for column, number in enumerate(types, 1):
            value = result.getDouble(column) if number in TYPES["double"] else result.getString(column)
            row.append(None if result.wasNull() else value)
        rows.append(row)
    return types, rows


def check(told, ending):
    """Every view."""
    program, context = office(told, ending)
    manager = context.ServiceManager.createInstanceWithContext("com.sun.star.sdbc.DriverManager", context)
    connection = manager.getConnectionWithInfo("sdbc:odbc:vekha", character_set("UTF-8"))
    read = {}
    for name, of in cells.SETS.items():
        asked = [CASTS.get(kind, "{0}").format(column) for column, kind, _ in of["columns"]]
        types, rows = ask(connection, f"select {', '.join(asked)} from vekha_bi.v_{name}")
        for (column, kind, _), number in zip(of["columns"], types):
            if number not in TYPES[kind]:
                raise SystemExit(f"LibreOffice odbc: {name}.{column} has the type {number}")
        records = [{column: plain(kind, it) for (column, kind, _), it in zip(of["columns"], row)} for row in rows]
        read[name] = cells.table(name, records)
        wanted = cells.truth(Path(told["files"]) / "csv", name)
        cells.compare("LibreOffice odbc", name, read[name], wanted, leave=("as_of",), digits=DIGITS)
    cells.check_totals("LibreOffice odbc", read, read["control_total"])
    connection.close()
    context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context).terminate()
    program.wait(PATIENCE_SECONDS)


def plain(kind, value):
    """A cell as LibreOffice's driver tells it."""
    return {"1": "true", "0": "false"}.get(value, value) if kind == "bool" else value


if __name__ == "__main__":
    given = cells.given()
    if os.environ.get(WITH_UNO):
        with contextlib.ExitStack() as stack:
            check(given, stack)
    else:
        with tempfile.TemporaryDirectory() as into:
            source(Path(into), given["office"], given["dsn"])
            sys.exit(again_with_uno({**given, "folder": into}))
