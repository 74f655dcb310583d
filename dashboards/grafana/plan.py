"""The dashboard of the plan: the same numbers as Superset's, by the same expressions."""

from datasets import METRICS, funnel_sql
from panels import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    bars,
    choice,
    dashboard,
    lines,
    override,
    sql,
    stat,
    steps,
    table,
)
from parts import SCHEMA

EVERYWHERE = "Все"
REGION = "region_name = ${region:sqlstring}"
MUNICIPALITY = f"(${{municipality:sqlstring}} = '{EVERYWHERE}' OR municipality_name = ${{municipality:sqlstring}})"
SEMESTER = "period_label = ${semester:sqlstring}"
DUE = "due_period_label = ${semester:sqlstring}"
COMPOSITE = "indicator_code = 'A' AND is_official"
BANDS = steps((None, RED), (0.7, YELLOW), (0.9, GREEN))
PLAIN = steps((None, BLUE))
PERCENT = {"unit": "percentunit", "decimals": 1, "min": 0, "max": 1}


def metric(data_set: str, key: str) -> str:
    """An aggregate as the data sets of Superset define it."""
    return next(one.sql for one in METRICS[data_set] if one.key == key)


achievement = stat(
    "Достижение региона",
    sql(
        f"""SELECT achievement FROM {SCHEMA}.v_indicator
        WHERE level = 'region' AND {COMPOSITE} AND {REGION} AND {SEMESTER}"""
    ),
    "percentunit",
    6,
    BANDS,
    defaults={"decimals": 1},
    about="Итог A. Итоги не складываются, поэтому здесь всегда весь регион.",
)
overdue = stat(
    "Просрочено",
    sql(
        f"""SELECT {metric("v_obligation", "overdue")} AS overdue FROM {SCHEMA}.v_obligation
        WHERE {REGION} AND {MUNICIPALITY} AND {DUE}"""
    ),
    "none",
    6,
    steps((None, GREEN), (1, RED)),
    about="Обязательств со сроком в этом полугодии, которые не исполнены на сегодня.",
)
done = stat(
    "Исполнено",
    sql(
        f"""SELECT {metric("v_obligation", "done_share")} AS done FROM {SCHEMA}.v_obligation
        WHERE {REGION} AND {MUNICIPALITY} AND {DUE}"""
    ),
    "percentunit",
    6,
    BANDS,
    defaults={"decimals": 1},
    about="Доля исполненных среди обязательств со сроком в этом полугодии.",
)
as_of = stat(
    "Данные на",
    # A number, since this kind of panel shows no others.
    sql(f"SELECT EXTRACT(EPOCH FROM as_of) * 1000 AS as_of FROM {SCHEMA}.v_watermark"),
    "time:DD.MM.YYYY HH:mm",
    6,
    PLAIN,
    defaults={"color": {"mode": "fixed", "fixedColor": "text"}},
)

trend = bars(
    "Итоговое достижение по полугодиям",
    sql(
        f"""SELECT period_label AS "Полугодие", {metric("v_indicator", "achievement_of_territory")} AS "Достижение"
        FROM {SCHEMA}.v_indicator
        WHERE {COMPOSITE} AND {REGION} AND period_part IN ('H1', 'H2')
          AND CASE WHEN ${{municipality:sqlstring}} = '{EVERYWHERE}' THEN level = 'region'
              ELSE level = 'municipality' AND municipality_name = ${{municipality:sqlstring}} END
        GROUP BY period_label ORDER BY period_label"""
    ),
    "Полугодие",
    "percentunit",
    10,
    10,
    upright=True,
    colour_by="Достижение",
    defaults={**PERCENT, "color": {"mode": "thresholds"}, "thresholds": BANDS},
)
ranking = bars(
    "Рейтинг муниципалитетов по итоговому достижению",
    sql(
        f"""SELECT municipality_name AS "Муниципалитет", achievement AS "Достижение" FROM {SCHEMA}.v_indicator
        WHERE level = 'municipality' AND {COMPOSITE} AND {REGION} AND {MUNICIPALITY} AND {SEMESTER}
          AND achievement IS NOT NULL
        ORDER BY achievement DESC, municipality_name"""
    ),
    "Муниципалитет",
    "percentunit",
    14,
    22,
    upright=False,
    colour_by="Достижение",
    defaults={**PERCENT, "color": {"mode": "thresholds"}, "thresholds": BANDS},
)
funnel = bars(
    "Воронка: каких ступеней достигли",
    sql(
        f"""SELECT step_name AS "Ступень", SUM(reached) AS "Обязательств" FROM ({funnel_sql()}) AS f
        WHERE {REGION} AND {MUNICIPALITY} AND {SEMESTER}
        GROUP BY step_name ORDER BY 2 DESC"""
    ),
    "Ступень",
    "none",
    10,
    12,
    upright=False,
    defaults={"color": {"mode": "fixed", "fixedColor": BLUE}},
)
heat = table(
    "Достижение целей: муниципалитет × показатель",
    sql(
        f"""SELECT municipality_name AS "Муниципалитет", indicator_code, achievement FROM {SCHEMA}.v_indicator
        WHERE level = 'municipality' AND indicator_code <> 'A' AND is_official AND achievement IS NOT NULL
          AND {REGION} AND {MUNICIPALITY} AND {SEMESTER}
        ORDER BY municipality_name, indicator_code"""
    ),
    24,
    20,
    transformations=[
        {
            "id": "groupingToMatrix",
            "options": {
                "columnField": "indicator_code",
                "rowField": "Муниципалитет",
                "valueField": "achievement",
                "emptyValue": "null",
            },
        }
    ],
    defaults={
        "unit": "percentunit",
        "decimals": 0,
        "min": 0,
        "max": 1,
        "color": {"mode": "thresholds"},
        "thresholds": BANDS,
        "custom": {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}, "inspect": False},
    },
    overrides=[
        override(
            "Муниципалитет\\indicator_code",
            custom_width=280,
            custom_align="left",
            custom_cellOptions={"type": "auto"},
            displayName="Муниципалитет",
        )
    ],
)
indicators = table(
    "Показатели: сумма числителей / сумма знаменателей",
    sql(
        f"""SELECT indicator_code AS "Код", indicator_name AS "Показатель", {metric("v_indicator", "ratio")} AS "Значение",
            {metric("v_indicator", "target")} AS "Цель", {metric("v_indicator", "numerator_sum")} AS "Сумма числителей",
            {metric("v_indicator", "denominator_sum")} AS "Сумма знаменателей"
        FROM {SCHEMA}.v_indicator
        WHERE is_additive AND is_official AND {REGION} AND {MUNICIPALITY} AND {SEMESTER}
        GROUP BY indicator_code, indicator_name ORDER BY indicator_code"""
    ),
    24,
    16,
    defaults={"decimals": 3},
    overrides=[
        override("Код", custom_width=70),
        override("Сумма числителей", decimals=1),
        override("Сумма знаменателей", decimals=1),
    ],
)
late = table(
    "Просроченные обязательства",
    sql(
        f"""SELECT org_name AS "Организация", municipality_name AS "Муниципалитет", row_no AS "Строка",
            title AS "Ожидаемый результат", phase_name AS "Фаза", to_char(effective_due_on, 'DD.MM.YYYY') AS "Срок",
            lateness_days AS "Дней"
        FROM {SCHEMA}.v_obligation
        WHERE is_overdue AND {REGION} AND {MUNICIPALITY} AND {DUE}
        ORDER BY lateness_days DESC, obligation_id LIMIT 5000"""
    ),
    24,
    12,
    overrides=[
        override("Строка", custom_width=80),
        override("Срок", custom_width=110),
        override("Дней", custom_width=80),
        override("Фаза", custom_width=130),
    ],
)
acts = lines(
    "Акты по времени записи",
    [
        sql(
            f"""SELECT $__timeGroupAlias(recorded_at, $__interval), event_group_name AS metric, COUNT(*) AS value
            FROM {SCHEMA}.v_event
            WHERE $__timeFilter(recorded_at) AND {REGION} AND {MUNICIPALITY}
            GROUP BY 1, 2 ORDER BY 1, 2""",
            series=True,
        )
    ],
    "none",
    24,
    stacked=True,
    height=10,
    interval="1d",
    about="За время, выбранное вверху справа; полугодие здесь не действует.",
)

DASHBOARD = dashboard(
    "vekha-plan",
    "Веха: исполнение плана",
    "Показатели, обязательства и акты по территориям и полугодиям.",
    [
        [achievement, overdue, done, as_of],
        [trend, ranking],
        [funnel],
        [heat],
        [indicators],
        [late],
        [acts],
    ],
    [
        choice(
            "region",
            "Регион",
            f"SELECT DISTINCT region_name FROM {SCHEMA}.v_indicator WHERE level = 'region' ORDER BY 1",
        ),
        choice(
            "municipality",
            "Муниципалитет",
            f"""SELECT '{EVERYWHERE}' UNION ALL (SELECT DISTINCT municipality_name FROM {SCHEMA}.v_indicator
            WHERE level = 'municipality' AND {REGION} ORDER BY 1)""",
        ),
        choice(
            "semester",
            "Полугодие",
            f"""SELECT period_label FROM {SCHEMA}.v_period WHERE period_part IN ('H1', 'H2') GROUP BY period_label
            ORDER BY {metric("v_period", "latest_complete_first")} DESC""",
        ),
    ],
    time={"from": "now-4y/fy", "to": "now/fy"},
    timepicker={
        "quick_ranges": [
            {"display": "Этот учебный год", "from": "now/fy", "to": "now/fy"},
            {"display": "Прошлый учебный год", "from": "now-1y/fy", "to": "now-1y/fy"},
            {"display": "Пять учебных лет", "from": "now-4y/fy", "to": "now/fy"},
        ]
    },
    timezone="browser",
    refresh="5m",
)
