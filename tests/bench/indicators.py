#!/usr/bin/env python3
"""Compares our recompute with the same questions asked of the same Parquet facts in DuckDB and in polars.

    indicators.py --out FOLDER [--schools 510] [--repeat 5] [--threads 2] [--register FILE] [--json FILE] [--bench COMMAND]

COMMAND runs the benchmark of crate indicators, which makes the facts and our values and measures itself. DuckDB and
polars are those of Python; each answers warm, several times, and its sums must be ours for every organisation,
municipality and region. Prints one table. Exit codes: 0 all agree, 1 something differs, 2 wrong use.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

BENCH = "cargo bench --locked -q -p indicators --bench recompute --"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=BENCH, help="the benchmark of crate indicators")
    parser.add_argument("--out", required=True, type=Path, help="folder of the facts")
    parser.add_argument("--schools", default=510, type=int)
    parser.add_argument("--repeat", default=5, type=int)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--register", type=Path, help="file that keeps the told register from run to run")
    parser.add_argument("--json", type=Path, help="file for every figure")
    return parser.parse_args()


def ours(given):
    """Runs our benchmark: its phases by name."""
    command = [*shlex.split(given.bench), "--schools", str(given.schools), "--repeat", str(given.repeat)]
    # Cargo runs it in the folder of its crate.
    command += ["--out", str(given.out.resolve())]
    command += ["--register", str(given.register.resolve())] if given.register else []
    phases = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            phase = json.loads(line)
            phases[phase.pop("phase")] = phase
    if program.returncode:
        sys.exit(f"{given.bench} ended with {program.returncode}")
    return phases


def timed(work, repeat):
    """Median seconds, and processor seconds, of some warm runs."""
    work()
    walls, busy = [], time.process_time()
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        walls.append(time.perf_counter() - start)
    busy = (time.process_time() - busy) / repeat
    return {"best_s": min(walls), "median_s": statistics.median(walls), "cpu_s": busy}


def compare(given, codes):
    """The other two: their times, and where their sums are not ours."""
    import duckdb
    import in_duckdb
    import in_polars
    import polars
    from questions import tables

    con = duckdb.connect()
    con.execute(f"SET threads = {given.threads}")
    for name in [*tables(), "units"]:
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{given.out}/{name}.parquet')")
    found, wrong = {}, {}
    found["DuckDB, from the facts"] = timed(lambda: in_duckdb.answer(con, codes), given.repeat)
    values = given.out / "values.parquet"
    count, wrong["DuckDB"] = in_duckdb.differences(con, values)

    found["polars, from the facts"] = timed(lambda: in_polars.answer(given.out, codes), given.repeat)
    for name, frame in in_polars.answer(given.out, codes).items():
        frame.write_parquet(given.out / f"polars_{name}.parquet")
        con.execute(f"CREATE VIEW polars_{name} AS SELECT * FROM read_parquet('{given.out}/polars_{name}.parquet')")
    same, wrong["polars"] = in_duckdb.differences(con, values, "polars_")

    # Beside the register, which stands in memory: DuckDB with its tables there.
    for name in [*tables(), "units"]:
        con.execute(f"DROP VIEW {name}")
        con.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{given.out}/{name}.parquet')")
    found["DuckDB, facts loaded"] = timed(lambda: in_duckdb.answer(con, codes), given.repeat)
    versions = f"DuckDB {duckdb.__version__}, polars {polars.__version__} of Python, {given.threads} threads each"
    return found, wrong, (count, same), versions


def table(phases, found):
    """One row a way, with the ratio to ours from the register and from the facts."""
    rows = [
        ("ours, from the register", phases["recompute"]),
        ("ours, one school anew", phases["update"]),
        ("ours, from the facts", phases["facts_recompute"]),
        *found.items(),
    ]
    register, facts = phases["recompute"]["median_s"], phases["facts_recompute"]["median_s"]
    lines = ["| way | median | best | processor | to ours from the register | to ours from the facts |", "|---|---|---|---|---|---|"]
    for name, took in rows:
        ms = [f"{took[key] * 1000:,.1f} ms" for key in ("median_s", "best_s", "cpu_s")]
        lines.append(f"| {name} | {' | '.join(ms)} | {took['median_s'] / register:.2f} | {took['median_s'] / facts:.2f} |")
    return "\n".join(lines)


def main():
    given = arguments()
    # polars reads it once, when it is imported; our program obeys the same variable.
    os.environ["POLARS_MAX_THREADS"] = str(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    phases = ours(given)
    codes = phases["facts_written"]["events"]
    found, wrong, counts, versions = compare(given, codes)
    told = phases.get("story") or phases["register_read"]
    rows = phases["facts_written"]["rows"]
    print(f"{told['schools']} schools, {told['obligations']:,} obligations, {sum(rows.values()):,} rows of facts; {versions}")
    print(table(phases, found))
    for name in ("tables", "board", "facts_read", "facts_judged", "facts_board"):
        if name in phases:
            print(f"{name}: {phases[name]['median_s'] * 1000:,.1f} ms")
    peaks = ", ".join(f"{name} {phase['peak_mib']}" for name, phase in phases.items())
    print(f"peak memory behind each phase, MiB: {peaks}")
    for name, rows in wrong.items():
        print(f"{name}: {counts[0]} values compared, {len(rows)} differ" + "".join(f"\n  {row}" for row in rows))
    if given.json:
        given.json.write_text(json.dumps({"ours": phases, "others": found}, indent=1) + "\n")
    return 1 if any(wrong.values()) or counts[0] != counts[1] else 0


if __name__ == "__main__":
    sys.exit(main())
