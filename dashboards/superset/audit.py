"""The dashboard of the auditor: who did what and when."""

from typing import Any

from parts import Chart, Dashboard, Filter, axis, bars, headed, kpi, rows, sums

# Every chart obeys the time range of the dashboard.
TIMED: dict[str, Any] = {"time_column": "recorded_at"}
# A log that tells of the past is begun on another day than the year it tells, which would stretch the axis.
ACTS_OF_PEOPLE = "event_type NOT IN ('log.opened', 'import.opened', 'import.closed')"
SPECIAL = "is_backdated OR is_correction OR is_retraction OR is_on_behalf OR is_void OR event_group IN ('extension', 'excuse')"


def counted(key: str, title: str, column: str) -> Chart:
    return bars(f"audit-{key}", title, "v_event", column, "acts", 4, 50, params={"y_axis_format": ",d"}, **TIMED)


def number(key: str, title: str, metric: str, subtitle: str) -> Chart:
    return kpi(f"audit-{key}", title, "v_event", metric, subtitle, **TIMED)


by_day = Chart(
    "audit-by-day",
    "Акты по дням",
    "echarts_timeseries_bar",
    "v_event",
    12,
    56,
    {
        "x_axis": "recorded_on",
        "time_grain_sqla": "P1D",
        "metrics": ["acts"],
        "groupby": ["event_group_name"],
        "stack": "Stack",
        "show_legend": True,
        # Above it would be cut; the longest name needs the margin.
        "legendOrientation": "right",
        "legendMargin": 210,
        "rich_tooltip": True,
        "x_axis_time_format": "%d.%m.%Y",
        "y_axis_format": ",d",
    },
    [axis("recorded_on", "P1D"), "event_group_name"],
    ["acts"],
    where=(ACTS_OF_PEOPLE,),
    limit=50_000,
    **TIMED,
)

by_hour = Chart(
    "audit-by-hour",
    "Акты по часам",
    "echarts_timeseries_bar",
    "v_event",
    4,
    50,
    {
        "x_axis": "recorded_hour",
        "xAxisForceCategorical": True,
        "x_axis_sort": "recorded_hour",
        "x_axis_sort_asc": True,
        "metrics": ["acts"],
        "groupby": [],
        "show_legend": False,
        "x_axis_title": "местный час записи",
        "x_axis_title_margin": 30,
        "y_axis_format": ",d",
    },
    [axis("recorded_hour")],
    ["acts"],
    [["recorded_hour", True]],
    **TIMED,
)

persons = sums(
    "audit-persons",
    "Акты по лицам",
    "v_event",
    ["actor_code", "role_name"],
    ["acts", "backdated", "corrections", "retractions", "extensions", "on_behalf"],
    8,
    64,
    limit=5000,
    params={"page_length": 10, "column_config": headed(role_name="Роль")},
    **TIMED,
)
backdating = sums(
    "audit-backdating",
    "Задним числом по видам",
    "v_event",
    ["event_group_name"],
    ["backdated", "backdated_days_max", "acts"],
    4,
    64,
    params={
        "page_length": 0,
        "include_search": False,
        "column_config": headed(event_group_name="Вид события", backdated_days_max="Дней, до"),
    },
    **TIMED,
)
special = rows(
    "audit-special",
    "Журнал: задним числом, исправления, отзывы, переносы, освобождения, за другого",
    "v_event",
    [
        "stream_seq",
        "recorded_on",
        "recorded_hour",
        "occurred_on",
        "backdated_days",
        "event_name",
        "actor_code",
        "role_name",
        "on_behalf_of",
        "org_name",
        "municipality_name",
        "row_no",
    ],
    [["stream_seq", False]],
    12,
    84,
    where=(SPECIAL,),
    limit=5000,
    params={
        "page_length": 10,
        "column_config": headed(
            stream_seq="№",
            recorded_on="Записано",
            recorded_hour="Час",
            backdated_days="Дней назад",
            role_name="Роль",
            row_no="Строка",
        ),
    },
    **TIMED,
)

DASHBOARD = Dashboard(
    "vekha-audit",
    "Веха: аудит",
    "Кто, что и когда записал: по лицам, ролям, видам и часам.",
    [
        [
            number("acts", "Актов", "acts", "записей в журнале"),
            number("actors", "Лиц", "persons", "действовали"),
            number("backdated", "Задним числом", "backdated", "день события раньше дня записи"),
            number("on-behalf", "За другого", "on_behalf", "по полномочию заместителя"),
        ],
        [
            number("corrections", "Исправлений", "corrections", "факт исправлен"),
            number("retractions", "Отзывов", "retractions", "факт или отчёт отозван"),
            number("extensions", "Переносов срока", "extensions", "просьбы и решения"),
            number("excuses", "Освобождений", "excuses", "от исполнения"),
        ],
        [by_day],
        [
            counted("by-role", "Акты по ролям", "role_name"),
            counted("by-kind", "Акты по видам", "event_group_name"),
            by_hour,
        ],
        [persons, backdating],
        [special],
    ],
    [
        Filter("region", "Регион", "v_event", "region_name", where="region_name IS NOT NULL"),
        Filter(
            "municipality",
            "Муниципалитет",
            "v_event",
            "municipality_name",
            parents=("region",),
            where="municipality_name IS NOT NULL",
        ),
        Filter("role", "Роль", "v_event", "role_name"),
        Filter("kind", "Вид события", "v_event", "event_group_name"),
        Filter("time", "Время записи"),
    ],
)
