"""LibreOffice without a window: CSV in both dialects and XLSX, converted to XLSX, and every cell compared."""

import datetime
import subprocess
import tempfile
from pathlib import Path

import openpyxl

import cells
from files import MILLISECOND, SECOND, by_label

# LibreOffice's numbers of languages: they decide what is a number, a day, a truth.
ENGLISH, RUSSIAN = 1033, 1049
# What LibreOffice writes of a number.
DIGITS = 15


def convert(office, files, into, options=None):
    """Converts files to XLSX by one start of the program."""
    command = [office, "--headless", f"-env:UserInstallation=file://{into}/profile"]
    command += [f"--infilter={options}"] if options else []
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(into), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode or not all((Path(into) / f"{file.stem}.xlsx").exists() for file in files):
        raise SystemExit(f"LibreOffice could not convert: {done.stdout}{done.stderr}")


def import_of(name, delimiter, language):
    """What a person chooses in the dialogue: separator, UTF-8, language, columns of texts as text."""
    columns = cells.SETS[name]["columns"]
    formats = "/".join(f"{at}/{2 if kind == 'text' else 1}" for at, (_, kind, _) in enumerate(columns, 1))
    return f"Text - txt - csv (StarCalc):{ord(delimiter)},34,76,1,{formats},{language},false,true"


def first_sheet(path):
    """Rows of a converted CSV file: its header holds the names."""
    rows = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True)
    names = next(rows)
    return [dict(zip(names, row)) for row in rows]


def check(office, folder):
    """Every set, by CSV and by XLSX."""
    folder = Path(folder)
    read = {}
    for form, delimiter, language, tick in (("csv", ",", ENGLISH, MILLISECOND), ("excel-ru", ";", RUSSIAN, SECOND)):
        client = f"LibreOffice {form}"
        read[client] = {}
        for name, told in cells.SETS.items():
            with tempfile.TemporaryDirectory() as into:
                convert(office, [folder / form / f"{name}.csv"], into, import_of(name, delimiter, language))
                records = first_sheet(Path(into) / f"{name}.xlsx")
            typed(client, name, told, records, form)
            read[client][name] = cells.table(name, records, guarded=True)
            cells.compare(client, name, read[client][name], cells.truth(folder / "csv", name), tick, digits=DIGITS)
    client = "LibreOffice xlsx"
    read[client] = {}
    with tempfile.TemporaryDirectory() as into:
        convert(office, [folder / "xlsx" / f"{name}.xlsx" for name in cells.SETS], into)
        for name in cells.SETS:
            read[client][name] = cells.table(name, by_label(Path(into) / f"{name}.xlsx", name))
            wanted = cells.truth(folder / "csv", name)
            cells.compare(client, name, read[client][name], wanted, MILLISECOND, digits=DIGITS)
    for client, rows in read.items():
        cells.check_totals(client, rows, rows["control_total"])


def typed(client, name, told, records, form):
    """Numbers and days are numbers and days, not texts; moments are in excel-ru."""
    kinds = {"int": (int, float), "double": (int, float), "date": datetime.datetime}
    if form == "excel-ru":
        kinds["instant"] = datetime.datetime
    for column, kind, _ in told["columns"]:
        for record in records:
            if kind in kinds and record[column] is not None and not isinstance(record[column], kinds[kind]):
                raise SystemExit(f"{client}: {name}.{column} came as {record[column]!r}")


if __name__ == "__main__":
    check(cells.given()["office"], cells.given()["files"])
