"""The questions in DuckDB: each table is read once, grouped by organisation and part, then folded into periods."""

from questions import HIDDEN, JUDGED, PERIODS, QUESTIONS, WHOLE, Y, columns, named, tables


def by_unit(table, codes, source):
    """One row an organisation, with the sums of every question of a table.

    First by organisation and by the columns with the period of a row, with all sums side by side; then those parts,
    of which an organisation has a handful, make up periods.
    """
    asked = [question for question in QUESTIONS if question.table == table]
    keys = list(dict.fromkeys(question.by for question in asked if question.by))
    # Few rows have a measured period: with it among the keys there are not many more groups.
    sums, folded = [], []
    for question in asked:
        where = named(question.where, codes)
        for which, measure in [("n", question.numerator), ("d", question.denominator), ("y", question.year_denominator)]:
            if measure:
                sums.append(f"{total(measure, where)} AS {question.name}_{which}")
        for period in question.periods:
            only = "" if question.by is None or (period == Y and not question.own_year) else period_is(question, period)
            late = "y" if period == Y and question.year_denominator else "d"
            folded.append(f"sum({question.name}_n){only} AS {question.name}_n{period}")
            folded.append(f"sum({question.name}_{late}){only} AS {question.name}_d{period}")
    if table == "surveys":
        sums.append(f"bool_or({HIDDEN}) AS hides")
        folded += [f"bool_or(hides) FILTER (WHERE part = {period}) AS hides{period}" for period in (1, 2)]
    keys = ", ".join(["unit", *keys])
    return (
        f"SELECT unit, {', '.join(folded)} FROM (SELECT {keys}, {', '.join(sums)} FROM {source} GROUP BY {keys}) GROUP BY unit"
    )


def total(measure, where):
    """A condition counts one where it holds."""
    if measure in WHOLE:
        return f"sum({measure}) FILTER (WHERE {where})"
    return f"count(*) FILTER (WHERE {where})" if measure == "1" else f"count(*) FILTER (WHERE ({where}) AND ({measure}))"


def period_is(question, period):
    return f" FILTER (WHERE {question.by} = {period})"


def rolled_up(place):
    """Sums of a territory over its schools, or over its authorities; and who stands behind a survey's."""
    sums = []
    for question in QUESTIONS:
        whose = "is_school" if question.of_schools else "NOT is_school"
        sums += [f"sum({name}) FILTER (WHERE {whose}) AS {name}" for name in columns(question)]
    for period in (1, 2):
        sums.append(f"count(*) FILTER (WHERE is_school AND i07_d{period} <> 0) AS told{period}")
        sums.append(f"count(*) FILTER (WHERE is_school AND hides{period}) AS hides{period}")
    return f"SELECT {place}, {', '.join(sums)} FROM by_org GROUP BY ALL"


def answer(con, codes):
    """Every sum of organisations, municipalities and regions, as tables of their own."""
    queries = {
        table: by_unit(table, codes, f"({JUDGED})" if table == "obligations" else table) for table in tables()
    }
    joined = "units " + " ".join(f"LEFT JOIN ({query}) AS of_{table} USING (unit)" for table, query in queries.items())
    con.execute(f"CREATE OR REPLACE TEMP TABLE by_org AS SELECT * FROM {joined}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE by_municipality AS "
        + rolled_up("school_year, region, municipality").replace("by_org", "by_org WHERE municipality IS NOT NULL")
    )
    con.execute("CREATE OR REPLACE TEMP TABLE by_region AS " + rolled_up("school_year, region"))


def long(level, source, org):
    """The sums one below the other, as our values are written; what a period has no rows for is nothing."""
    asked = [question for question in QUESTIONS if level in question.levels]
    who = {"school": " WHERE is_school", "publisher": " WHERE NOT is_school"}.get(level, "")
    rows = []
    for question in asked:
        for period in question.periods:
            n, d = (f"coalesce({question.name}_{which}{period}, 0)" for which in "nd")
            hidden = "false"
            if question.name == "i07":
                alone = f"told{period} = 1 AND hides{period} = 1"
                hidden = f"coalesce(hides{period}, false)" if level == "school" else alone
            rows.append(
                f"SELECT '{level}' AS level, region, {org} AS org, school_year || '{PERIODS[period]}' AS period, "
                f"'{question.indicator}' AS indicator, {n} AS n, {d} AS d, {hidden} AS hidden FROM {source}{who}"
            )
    return " UNION ALL ".join(rows)


def everything(prefix=""):
    """All rows of all levels; `prefix` names the tables of another's answer."""
    levels = [
        ("school", "by_org", "org"),
        ("publisher", "by_org", "org"),
        ("municipality", "by_municipality", "municipality"),
        ("region", "by_region", "region"),
    ]
    return " UNION ALL ".join(long(level, prefix + source, org) for level, source, org in levels)


def differences(con, values, prefix=""):
    """How many of our values there are, and which differ from an answer."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE compared AS
        SELECT o.*, t.n, t.d, t.hidden
        FROM (SELECT * FROM read_parquet('{values}') WHERE level IN ('school', 'publisher', 'municipality', 'region')) AS o
        FULL JOIN ({everything(prefix)}) AS t USING (level, region, org, period, indicator)"""
    )
    alike = """CASE WHEN status = 'suppressed' THEN hidden ELSE NOT hidden AND numerator = n AND denominator = d END"""
    count = con.execute("SELECT count(*) FROM compared").fetchone()[0]
    return count, con.execute(f"SELECT * FROM compared WHERE ({alike}) IS NOT TRUE LIMIT 20").fetchall()
