"""The standard library, openpyxl, pandas, polars, pyarrow and DuckDB on the files of `vekha export`."""

import datetime
from pathlib import Path

import duckdb
import openpyxl
import pandas
import polars
import pyarrow.parquet

import cells

MILLISECOND = datetime.timedelta(milliseconds=1)
SECOND = datetime.timedelta(seconds=1)

DUCKDB = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMPTZ",
}
POLARS = {
    "text": polars.String,
    "int": polars.Int64,
    "double": polars.Float64,
    "bool": polars.Boolean,
    "date": polars.Date,
    "instant": polars.Datetime("us", "UTC"),
}
ARROW = {
    "text": ("large_string", "string", "string_view"),
    "int": ("int64",),
    "double": ("double",),
    "bool": ("bool",),
    "date": ("date32[day]",),
    "instant": ("timestamp[us, tz=UTC]",),
}


def by_duckdb(connection, query):
    """Rows of a query as mappings."""
    asked = connection.execute(query)
    names = [column[0] for column in asked.description]
    return [dict(zip(names, row)) for row in asked.fetchall()]


def by_label(path, name):
    """Rows of a workbook for people: its header holds the Russian labels."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    if book.sheetnames != ["Данные", "Словарь", "Паспорт"]:
        raise SystemExit(f"{path}: the sheets are {book.sheetnames}")
    labels = {label: column for column, _, label in cells.SETS[name]["columns"]}
    rows = book["Данные"].iter_rows(values_only=True)
    names = [labels[label] for label in next(rows)]
    return [dict(zip(names, row)) for row in rows]


def check(folder):
    """Every set, by every client."""
    plain, excel, sheets, columns = (Path(folder) / form for form in ("csv", "excel-ru", "xlsx", "parquet"))
    truth = {name: cells.truth(plain, name) for name in cells.SETS}
    cells.check_totals("csv (standard library)", truth, truth["control_total"])
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    read = {client: {} for client in ("duckdb csv", "duckdb parquet", "polars csv", "polars parquet", "pandas csv",
                                      "pandas parquet", "pandas xlsx")}
    for name, told in cells.SETS.items():
        kinds = {column: kind for column, kind, _ in told["columns"]}
        wanted = truth[name]

        def held(client, records, tick=datetime.timedelta(microseconds=1), guarded=False):
            rows = cells.table(name, records, guarded)
            cells.compare(client, name, rows, wanted, tick)
            if client in read:
                read[client][name] = rows

        held("excel-ru (standard library)", cells.from_csv(excel / f"{name}.csv", ";"), SECOND, True)
        held("openpyxl", by_label(sheets / f"{name}.xlsx", name), MILLISECOND)

        types = "{" + ", ".join(f"'{column}': '{DUCKDB[kind]}'" for column, kind in kinds.items()) + "}"
        source = f"read_csv('{plain / name}.csv', header = true, columns = {types})"
        held("duckdb csv", by_duckdb(connection, f"select * from {source}"), guarded=True)
        source = f"'{columns / name}.parquet'"
        found = connection.execute(f"describe select * from {source}").fetchall()
        for column, of, *_ in found:
            if of not in (DUCKDB[kinds[column]], {"instant": "TIMESTAMP WITH TIME ZONE"}.get(kinds[column])):
                raise SystemExit(f"duckdb: {name}.{column} is {of}")
        held("duckdb parquet", by_duckdb(connection, f"select * from {source}"))

        schema = {column: POLARS[kind] for column, kind in kinds.items()}
        dates = {column: kind for column, kind in schema.items() if kind == POLARS["instant"]}
        frame = polars.read_csv(plain / f"{name}.csv", schema={**schema, **dict.fromkeys(dates, polars.String)})
        moments = [polars.col(column).str.to_datetime(time_unit="us", time_zone="UTC") for column in dates]
        held("polars csv", frame.with_columns(moments).to_dicts(), guarded=True)
        frame = polars.read_parquet(columns / f"{name}.parquet")
        if frame.schema != schema:
            raise SystemExit(f"polars: {name} has the schema {frame.schema}")
        held("polars parquet", frame.to_dicts())

        found = pyarrow.parquet.read_table(columns / f"{name}.parquet")
        for field in found.schema:
            if str(field.type) not in ARROW[kinds[field.name]]:
                raise SystemExit(f"pyarrow: {name}.{field.name} is {field.type}")
        held("pyarrow", found.to_pylist())

        text = {column: "string" for column, kind in kinds.items() if kind == "text"}
        frame = pandas.read_csv(plain / f"{name}.csv", dtype=text, keep_default_na=False, na_values={
            column: [""] for column in kinds})
        held("pandas csv", of_pandas(frame), guarded=True)
        held("pandas parquet", of_pandas(pandas.read_parquet(columns / f"{name}.parquet")))
        labels = {label: column for column, _, label in told["columns"]}
        text = {label: "string" for _, kind, label in told["columns"] if kind == "text"}
        frame = pandas.read_excel(sheets / f"{name}.xlsx", sheet_name="Данные", dtype=text, keep_default_na=False,
                                  na_values=[""])
        held("pandas xlsx", of_pandas(frame.rename(columns=labels)), MILLISECOND)
    for client, rows in read.items():
        cells.check_totals(client, rows, rows["control_total"])
    tables = {name: f"'{columns / name}.parquet'" for name in cells.SETS}
    sums = cells.keyed(connection.execute(cells.TOTALS_SQL.format(**tables)).fetchall())
    published = f"select data_set, total_code, period_code, indicator_code, total from {tables['control_total']}"
    cells.hold("duckdb SQL", sums, cells.keyed(connection.execute(published).fetchall()))
    sorted_and_grouped(columns)


def of_pandas(frame):
    """Rows of pandas' frame, its several nothings told as None."""
    plain = frame.astype(object).where(frame.notna(), None)

    def own(value):
        return value.to_pydatetime() if isinstance(value, pandas.Timestamp) else value

    return [{name: own(value) for name, value in row.items()} for row in plain.to_dict("records")]


def sorted_and_grouped(columns):
    """Parquet lies in the order of period, organisation, indicator, with statistics in every row group."""
    orders = {"indicator": ["period_code", "org_code", "indicator_code"], "obligation": ["due_period", "org_code"]}
    for name, by in orders.items():
        file = pyarrow.parquet.ParquetFile(columns / f"{name}.parquet")
        rows = file.read(by).to_pylist()
        order = [tuple((row[column] is not None, row[column]) for column in by) for row in rows]
        if any(order[at] > order[at + 1] for at in range(len(order) - 1)):
            raise SystemExit(f"{name}.parquet is not sorted by {by}")
        for group in range(file.metadata.num_row_groups):
            for column in range(file.metadata.num_columns):
                statistics = file.metadata.row_group(group).column(column).statistics
                if statistics is None or not statistics.has_null_count:
                    raise SystemExit(f"{name}.parquet: row group {group} has no statistics of column {column}")
        cells.say("pyarrow", f"{name} sorted, with statistics", row_groups=file.metadata.num_row_groups)


if __name__ == "__main__":
    check(cells.given()["files"])
