"""ADBC and DuckDB on the views of the PostgreSQL that Vekha keeps up: types, cells, control totals in SQL."""

from pathlib import Path

import adbc_driver_postgresql.dbapi
import duckdb
import duckdb_ext

import cells
from files import DUCKDB, by_duckdb

ARROW = {
    "text": ("string",),
    "int": ("int64",),
    "double": ("double",),
    "bool": ("bool",),
    "date": ("date32[day]",),
    "instant": ("timestamp[us, tz=UTC]",),
}
# When the state was looked at: another moment than the files'.
MOMENT = ("as_of",)


def views():
    """The sets as views, by short name."""
    return {name: f"vekha_bi.v_{name}" for name in cells.SETS}


def by_adbc(dsn, files):
    """Arrow from PostgreSQL: polars and pandas read through the same driver."""
    with adbc_driver_postgresql.dbapi.connect(dsn) as connection, connection.cursor() as cursor:
        rows = {}
        for name, told in cells.SETS.items():
            columns = ", ".join(column for column, *_ in told["columns"])
            cursor.execute(f"select {columns} from {views()[name]}")
            found = cursor.fetch_arrow_table()
            for column, kind, _ in told["columns"]:
                of = str(found.schema.field(column).type)
                if of not in ARROW[kind]:
                    raise SystemExit(f"adbc: {name}.{column} is {of}")
            rows[name] = cells.table(name, found.to_pylist())
            cells.compare("adbc", name, rows[name], cells.truth(Path(files) / "csv", name), leave=MOMENT)
        cells.check_totals("adbc", rows, rows["control_total"])
        cursor.execute(cells.TOTALS_SQL.format(**views()))
        sums = cells.keyed(cursor.fetchall())
        cursor.execute("select data_set, total_code, period_code, indicator_code, total from vekha_bi.v_control_total")
        cells.hold("PostgreSQL SQL", sums, cells.keyed(cursor.fetchall()))


def by_attaching(dsn, files):
    """DuckDB with the database attached."""
    connection = with_extension("postgres_scanner")
    connection.execute(f"attach '{dsn}' as vekha (type postgres, read_only)")
    rows = {}
    for name, told in cells.SETS.items():
        source = f"vekha.vekha_bi.v_{name}"
        types = {column: of for column, of, *_ in connection.execute(f"describe select * from {source}").fetchall()}
        for column, kind, _ in told["columns"]:
            wanted = {"instant": "TIMESTAMP WITH TIME ZONE"}.get(kind, DUCKDB[kind])
            if types[column] != wanted:
                raise SystemExit(f"duckdb postgres: {name}.{column} is {types[column]}")
        rows[name] = cells.table(name, by_duckdb(connection, f"select * from {source}"))
        cells.compare("duckdb postgres", name, rows[name], cells.truth(Path(files) / "csv", name), leave=MOMENT)
    cells.check_totals("duckdb postgres", rows, rows["control_total"])


def with_extension(name):
    """DuckDB with one of its own extensions, as the package index has it; nothing is downloaded."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    found = list(Path(duckdb_ext.__path__[0]).rglob(f"{name}.duckdb_extension"))
    connection.load_extension(str(found[0]))
    return connection


if __name__ == "__main__":
    told = cells.given()
    by_adbc(told["dsn"], told["files"])
    by_attaching(told["dsn"], told["files"])
