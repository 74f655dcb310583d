"""Over HTTP: DuckDB, polars and pandas on Parquet in byte ranges, by token and by signed link; CSV, XLSX and OData."""

import io
import json
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlencode

import pandas
import polars
import pyarrow.parquet

import cells
from database import MOMENT, with_extension
from files import MILLISECOND, POLARS, SECOND, by_duckdb, by_label, of_pandas


def ask(told, path, body=None):
    """An answer, with the address that it came from at last."""
    request = urllib.request.Request(told["url"] + path, data=body)
    request.add_header("Authorization", f"Bearer {told['token']}")
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read(), answer.url


def asking(told):
    """DuckDB that sends the token."""
    connection = with_extension("httpfs")
    connection.execute(f"create secret (type http, bearer_token '{told['token']}', scope '{told['url']}')")
    return connection


def check(told):
    """Every set from a snapshot that does not change meanwhile."""
    bearer = {"Authorization": f"Bearer {told['token']}"}
    connection = asking(told)
    read = {"pyarrow": {}, "duckdb http": {}, "polars http": {}, "pandas http": {}, "odata": {}}
    for name, set_of in cells.SETS.items():
        wanted = cells.truth(Path(told["files"]) / "csv", name)
        whole, pinned = ask(told, f"/bi/v1/snapshots/latest/{name}.parquet")

        def held(client, records):
            read[client][name] = cells.table(name, records)
            cells.compare(client, name, read[client][name], wanted, leave=MOMENT)

        held("pyarrow", pyarrow.parquet.read_table(io.BytesIO(whole)).to_pylist())
        held("duckdb http", by_duckdb(connection, f"select * from read_parquet('{pinned}')"))
        # Readers that send no header take a signed link.
        path = f"/bi/v1/{name}.parquet"
        link = json.loads(ask(told, "/bi/v1/links", json.dumps({"path": path}).encode())[0])["url"]
        frame = polars.scan_parquet(link).collect()
        if dict(frame.schema) != {column: POLARS[kind] for column, kind, _ in set_of["columns"]}:
            raise SystemExit(f"polars http: {name} has the schema {frame.schema}")
        held("polars http", frame.to_dicts())
        held("pandas http", of_pandas(pandas.read_parquet(pinned, storage_options=bearer)))
        sheets(told, name, wanted)
        rows = list(by_odata(told, f"/bi/v1/odata/{name}"))
        read["odata"][name] = cells.table(name, rows)
        cells.compare("odata", name, read["odata"][name], wanted, leave=MOMENT)
    for client, rows in read.items():
        cells.check_totals(client, rows, rows["control_total"])
    folded(told)
    totals(told, connection)
    share(told)


def sheets(told, name, wanted):
    """The files for spreadsheets, as a link downloads them."""
    with tempfile.TemporaryDirectory() as into:
        for client, query, delimiter, tick in (
            ("csv http", "", ",", MILLISECOND),
            ("excel-ru http", "?dialect=excel-ru", ";", SECOND),
        ):
            file = Path(into) / f"{client}.csv"
            file.write_bytes(ask(told, f"/bi/v1/{name}.csv{query}")[0])
            rows = cells.table(name, cells.from_csv(file, delimiter), guarded=True)
            cells.compare(client, name, rows, wanted, tick, leave=MOMENT)
        file = Path(into) / f"{name}.xlsx"
        file.write_bytes(ask(told, f"/bi/v1/{name}.xlsx")[0])
        cells.compare("xlsx http", name, cells.table(name, by_label(file, name)), wanted, MILLISECOND, leave=MOMENT)


def by_odata(told, path):
    """The rows of an entity set, page by page to the end."""
    while path:
        page = json.loads(ask(told, path)[0])
        yield from page["value"]
        path = page.get("@odata.nextLink", "").removeprefix(told["url"])


def folded(told):
    """What Power Query makes of the filters and columns of dashboards/powerbi/odata.pq."""
    columns = ["level", "org_code", "period_code", "indicator_code", "is_additive", "numerator", "denominator"]
    filters = "period_code eq '2022-2023.H1' and is_official eq true"
    query = urlencode({"$filter": filters, "$select": ",".join(columns)}, quote_via=quote)
    found = list(by_odata(told, f"/bi/v1/odata/indicator?{query}"))
    names = [column for column, *_ in cells.SETS["indicator"]["columns"]]
    rows = [dict(zip(names, row)) for row in cells.truth(Path(told["files"]) / "csv", "indicator")]
    rows = [row for row in rows if row["period_code"] == "2022-2023.H1" and row["is_official"]]

    def plain(row):
        return tuple(row[column] for column in columns)

    if sorted(map(plain, found), key=str) != sorted(map(plain, rows), key=str):
        raise SystemExit("odata: a filter gives other rows")
    cells.say("odata", "filter and columns of powerbi/odata.pq", rows=len(found))


def totals(told, connection):
    """The control totals, in SQL over HTTP."""
    pinned = {name: ask(told, f"/bi/v1/snapshots/latest/{name}.parquet")[1] for name in cells.SETS}
    tables = {name: f"read_parquet('{address}')" for name, address in pinned.items()}
    sums = cells.keyed(connection.execute(cells.TOTALS_SQL.format(**tables)).fetchall())
    published = f"select data_set, total_code, period_code, indicator_code, total from {tables['control_total']}"
    cells.hold("duckdb http SQL", sums, cells.keyed(connection.execute(published).fetchall()))


def share(told):
    """One semester's values of one column are a part of the file's bytes: DuckDB asks for ranges."""
    whole, pinned = ask(told, "/bi/v1/snapshots/latest/indicator.parquet")
    # Nothing is remembered from the reads before.
    connection = asking(told)
    connection.execute("call enable_logging('HTTP')")
    connection.execute(f"select sum(numerator) from read_parquet('{pinned}') where period_code = '2022-2023.H1'")
    ranges = connection.execute("""
        select cast(coalesce(response.headers['Content-Length'], response.headers['content-length']) as bigint)
        from duckdb_logs_parsed('HTTP') where request.type = 'GET' and response.status = 'PartialContent_206'
    """).fetchall()
    read = sum(length for (length,) in ranges)
    figures = {"bytes_of_file": len(whole), "bytes_read": read, "ranges": len(ranges)}
    cells.say("duckdb http", "one semester of one column", **figures)
    if not 0 < read < len(whole):
        raise SystemExit("duckdb http: it did not read a part of the file")


if __name__ == "__main__":
    check(cells.given())
