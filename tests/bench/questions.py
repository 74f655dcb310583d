"""The eighteen indicators as questions over the facts, written once: as SQL, and as polars expressions.

Each is a pair of sums, numerator and denominator, of the rows that count in a period. What is asked follows
docs/domain.md, section 4; nothing here is read from the service's own definitions.
"""

from dataclasses import dataclass

# Parts of the school year in the columns due_part, measured_part and part.
T0, H1, H2, Y = range(4)
PERIODS = {T0: ".T0", H1: ".H1", H2: ".H2", Y: ""}


@dataclass(frozen=True)
class Question:
    """A pair of sums over one table."""

    name: str  # its columns are called <name>_n<period> and <name>_d<period>
    indicator: str
    table: str
    where: str  # SQL condition; the same text is given to polars
    numerator: str
    denominator: str
    by: str | None  # the column with the period of a row; None: every row in each period
    periods: tuple
    own_year: bool = False  # the year has rows of its own; otherwise it takes all rows
    year_denominator: str | None = None  # where the year counts otherwise
    levels: tuple = ("school", "municipality", "region")
    of_schools: bool = True  # what adds up in territories: schools' rows, or authorities'


def of_plan(number, where, numerator, denominator, periods=(H1, H2, Y), **more):
    return Question(f"i{number}", f"I{number}", "obligations", where, numerator, denominator, "due_part", periods, **more)


EXECUTION = "in_execution AND counts"
OWN = {"levels": ("school", "publisher", "municipality", "region")}
REGION = {"levels": ("publisher", "region"), "of_schools": False}

QUESTIONS = [
    of_plan("01", EXECUTION, "is_on_time", "is_due", **OWN),
    of_plan("02", EXECUTION, "is_done", "is_due", **OWN),
    of_plan("03", EXECUTION, "late_days", "is_late", **OWN),
    Question("i04", "I04", "obligations", "is_checklist", "points", "points_max", "measured_part", (T0, H1, Y), own_year=True),
    Question("i05", "I05", "obligations", "is_checklist", "100 * gain", "gain_max", "measured_part", (H1, Y), own_year=True),
    # I06 asks for each semester's end apart, so it is two questions.
    Question("i06a", "I06", "obligations", "is_partner AND counts", "partner_at_h1_end", "1", None, (H1,)),
    Question("i06b", "I06", "obligations", "is_partner AND counts", "partner_at_year_end", "1", None, (H2,)),
    Question("i07", "I07", "surveys", "true", "responded", "eligible", "part", (H1, H2), own_year=True),
    of_plan("08", "counts AND is_school AND (is_publication OR event = {plan.corrected})", "is_done", "is_due", (H1, H2)),
    Question("i09", "I09", "link_checks", "is_after_due", "good", "made", "part", (H1, H2), own_year=True),
    of_plan("10", "counts AND event = {news.published}", "in_own_month", "is_due", (H1, H2)),
    Question(
        "i11", "I11", "obligations", "counts AND is_past AND event = {programme.published} AND NOT is_school",
        "is_done", "1", None, (H1, H2, Y), **REGION,
    ),
    of_plan(
        "12", "counts AND event = {methodical_day.held} AND NOT is_school", "is_done", "is_due",
        year_denominator="1", **REGION,
    ),
    Question(
        "i12s", "I12", "participation", "true", "took_part", "1", "part", (H1, H2, Y), own_year=True,
        levels=("school", "municipality"),
    ),
    of_plan(
        "13", "counts AND is_school AND (event = {letter.sent} OR event = {direction_plan.sent})", "is_done", "1", (H1,)
    ),
    Question("i14", "I14", "activities", "true", "is_reported", "1", "part", (H1, H2, Y), **OWN),
    Question("i15", "I15", "recommendations", "true", "is_closed", "is_due", "part", (H1, H2, Y)),
    of_plan("16", "counts AND in_loop", "is_on_time AND in_order", "is_due"),
    of_plan("17", "event = {site.analysed}", "points", "points_max", (H2,)),
    Question("i18", "I18", "facts", "true", "is_evidenced AND NOT is_retracted", "1", "part", (H1, H2, Y), **OWN),
]  # fmt: skip

# Measures that are whole numbers; the others are conditions, which count one where they hold.
WHOLE = {"late_days", "points", "points_max", "100 * gain", "gain_max", "responded", "eligible", "good", "made"}

# Whether a school has to be hidden: an audience of one to four.
HIDDEN = "eligible > 0 AND eligible < 5"

# What is found out from what was recorded: a row's state at the end of the as-of day of its region.
JUDGED = """
    SELECT *,
        counts AND (is_done OR delay > 0) AS is_due,
        counts AND is_done AND delay <= 0 AS is_on_time,
        counts AND delay > 0 AS is_late,
        CASE WHEN counts AND delay > 0 THEN least(delay, cap) ELSE 0 END AS late_days,
        effective_due < today AS is_past
    FROM (
        SELECT obligations.*, today, cap, done_on IS NOT NULL AS is_done,
            CAST(coalesce(done_on, today) - effective_due AS INTEGER) AS delay
        FROM obligations JOIN units USING (unit)
    )
"""


def columns(question):
    """The names of its sums: numerator and denominator of each period."""
    return [f"{question.name}_{which}{period}" for period in question.periods for which in "nd"]


def tables():
    """The tables that are asked, each once."""
    return list(dict.fromkeys(question.table for question in QUESTIONS))


def named(text, codes):
    """The codes of events in the place of their names."""
    for event, code in codes.items():
        text = text.replace("{" + event + "}", str(code))
    return text
