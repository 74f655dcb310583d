"""The questions in polars: the same texts and the same steps as in DuckDB, lazily, left to its optimizer."""

import polars as pl

from questions import HIDDEN, QUESTIONS, WHOLE, Y, columns, named, tables


def facts(folder, table):
    """The rows of a table; of obligations with what is found out about them."""
    rows = pl.scan_parquet(f"{folder}/{table}.parquet")
    if table != "obligations":
        return rows
    units = pl.scan_parquet(f"{folder}/units.parquet").select("unit", "today", "cap")
    rows = rows.join(units, on="unit").with_columns(
        is_done=pl.col("done_on").is_not_null(),
        delay=(pl.coalesce("done_on", "today") - pl.col("effective_due")).dt.total_days(),
    )
    counts, is_done, delay = pl.col("counts"), pl.col("is_done"), pl.col("delay")
    return rows.with_columns(
        is_due=counts & (is_done | (delay > 0)),
        is_on_time=counts & is_done & (delay <= 0),
        is_late=counts & (delay > 0),
        late_days=pl.when(counts & (delay > 0)).then(pl.min_horizontal("delay", "cap")).otherwise(0),
        is_past=pl.col("effective_due") < pl.col("today"),
    )


def by_unit(rows, table, codes):
    """One row an organisation, with the sums of every question of a table."""
    asked = [question for question in QUESTIONS if question.table == table]
    keys = list(dict.fromkeys(question.by for question in asked if question.by))
    sums, folded = [], []
    for question in asked:
        where = None if question.where == "true" else pl.sql_expr(named(question.where, codes))
        for which, measure in [("n", question.numerator), ("d", question.denominator), ("y", question.year_denominator)]:
            if measure:
                sums.append(total(measure, where).alias(f"{question.name}_{which}"))
        for period in question.periods:
            every = question.by is None or (period == Y and not question.own_year)
            late = "y" if period == Y and question.year_denominator else "d"
            for which, source in [("n", "n"), ("d", late)]:
                column = pl.col(f"{question.name}_{source}")
                column = column if every else column.filter(pl.col(question.by) == period)
                folded.append(column.sum().alias(f"{question.name}_{which}{period}"))
    if table == "surveys":
        sums.append(pl.sql_expr(HIDDEN).any().alias("hides"))
        folded += [pl.col("hides").filter(pl.col("part") == period).any().alias(f"hides{period}") for period in (1, 2)]
    return rows.group_by("unit", *keys).agg(sums).group_by("unit").agg(folded)


def total(measure, where):
    """A condition counts one where it holds."""
    if measure in WHOLE:
        rows = pl.sql_expr(measure)
        return (rows if where is None else rows.filter(where)).sum()
    if measure == "1":
        return pl.len() if where is None else where.sum()
    holds = pl.sql_expr(measure)
    return (holds if where is None else where & holds).sum()


def rolled_up(orgs, places):
    """Sums of a territory over its schools, or over its authorities; and who stands behind a survey's."""
    is_school = pl.col("is_school")
    sums = []
    for question in QUESTIONS:
        whose = is_school if question.of_schools else ~is_school
        sums += [pl.col(name).filter(whose).sum() for name in columns(question)]
    for period in (1, 2):
        sums.append((is_school & (pl.col(f"i07_d{period}") != 0)).sum().alias(f"told{period}"))
        sums.append((is_school & pl.col(f"hides{period}")).sum().alias(f"hides{period}"))
    return orgs.group_by(places).agg(sums)


def answer(folder, codes):
    """Every sum of organisations, municipalities and regions, as frames."""
    orgs = pl.scan_parquet(f"{folder}/units.parquet")
    for table in tables():
        orgs = orgs.join(by_unit(facts(folder, table), table, codes), on="unit", how="left")
    by_org = orgs.collect()
    of_municipality = rolled_up(
        by_org.lazy().filter(pl.col("municipality").is_not_null()), ["school_year", "region", "municipality"]
    )
    by_municipality, by_region = pl.collect_all([of_municipality, rolled_up(by_org.lazy(), ["school_year", "region"])])
    return {"by_org": by_org, "by_municipality": by_municipality, "by_region": by_region}
