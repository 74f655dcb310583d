"""The data sets of the bundle: columns from the data contract, metrics and further columns from here."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from parts import DATABASE, SCHEMA, Yaml, uid

CONTRACT = Path(__file__).parents[2] / "crates/bi/data/contract.toml"

TYPES = {
    "text": "TEXT",
    "int": "BIGINT",
    "double": "DOUBLE PRECISION",
    "bool": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP WITH TIME ZONE",
}


class Metric(NamedTuple):
    """An aggregate that charts name by `key`."""

    key: str
    label: str
    sql: str
    format: str | None
    about: str = ""


SHARE, COUNT = ".1%", ",d"


def count_where(key: str, label: str, condition: str) -> Metric:
    """Counts the rows that fulfil the condition; always a number, never an empty answer."""
    return Metric(key, label, f"COUNT(*) FILTER (WHERE {condition})", COUNT)


METRICS: dict[str, list[Metric]] = {
    "v_indicator": [
        Metric(
            "ratio",
            "Значение показателя",
            "SUM(numerator) FILTER (WHERE is_additive) / NULLIF(SUM(denominator) FILTER (WHERE is_additive), 0)",
            ",.3~f",
            "Сумма числителей / сумма знаменателей строк нижнего уровня. Для одного показателя и одного периода.",
        ),
        Metric(
            "target",
            "Цель",
            "SUM(target_ratio * denominator) FILTER (WHERE is_additive)"
            " / NULLIF(SUM(denominator) FILTER (WHERE is_additive AND target_ratio IS NOT NULL), 0)",
            ",.3~f",
            "Цель, взвешенная знаменателями.",
        ),
        Metric("numerator_sum", "Сумма числителей", "SUM(numerator) FILTER (WHERE is_additive)", ",.1~f"),
        Metric("denominator_sum", "Сумма знаменателей", "SUM(denominator) FILTER (WHERE is_additive)", ",.1~f"),
        Metric(
            "achievement_of_row",
            "Достижение цели",
            "MAX(achievement)",
            SHARE,
            "Верно там, где строка одна: одна территория, один показатель, один период. Не складывается и не усредняется.",
        ),
        Metric("code_order", "Порядок показателей", "MIN(indicator_code)", None),
        # A composite never adds up: one territory has one, several have none.
        Metric(
            "achievement_of_territory",
            "Итоговое достижение A",
            "COALESCE(MAX(achievement) FILTER (WHERE level = 'region'), CASE WHEN COUNT(DISTINCT municipality_code) = 1"
            " THEN MAX(achievement) FILTER (WHERE level = 'municipality') END)",
            SHARE,
            "Регион; если выбран один муниципалитет, то он; если выбрано несколько, значения нет.",
        ),
    ],
    "v_obligation": [
        Metric("obligations", "Обязательств", "COUNT(*)", COUNT),
        count_where("overdue", "Просрочено", "is_overdue"),
        Metric(
            "done_share",
            "Исполнено",
            "COUNT(*) FILTER (WHERE is_done AND reached_scheduled = 1)::double precision / NULLIF(SUM(reached_scheduled), 0)",
            SHARE,
            "Доля исполненных среди обязательств со сроком.",
        ),
    ],
    "v_event": [
        Metric("acts", "Актов", "COUNT(*)", COUNT),
        Metric("persons", "Лиц", "COUNT(DISTINCT actor_code)", COUNT),
        count_where("backdated", "Задним числом", "is_backdated"),
        Metric("backdated_days_max", "Дней задним числом, до", "COALESCE(MAX(backdated_days), 0)", COUNT),
        count_where("corrections", "Исправлений", "is_correction"),
        count_where("retractions", "Отзывов", "is_retraction"),
        count_where("extensions", "Переносов срока", "event_group = 'extension'"),
        count_where("excuses", "Освобождений", "event_group = 'excuse'"),
        count_where("on_behalf", "За другого", "is_on_behalf"),
        count_where("void", "Без действия", "is_void"),
    ],
    "v_period": [
        Metric(
            "latest_complete_first",
            "Порядок выбора",
            "MAX(CASE WHEN ends_on < CURRENT_DATE THEN period_key ELSE period_key - 1000000 END)",
            None,
            "Последнее законченное полугодие стоит первым, незаконченные последними.",
        ),
    ],
    "v_watermark": [
        Metric(
            "as_of_moscow",
            "Данные на",
            "MAX(as_of) AT TIME ZONE 'Europe/Moscow'",
            None,
            "Московское время.",
        ),
    ],
    "v_control_total": [Metric("total_of_row", "Итог", "MAX(total)", None)],
}

# The columns that a time range filters and that a chart over time takes first.
MAIN_DATE = {
    "v_indicator": "starts_on",
    "v_obligation": "effective_due_on",
    "v_event": "recorded_at",
    "v_period": "starts_on",
}

# A filter goes to every chart by the column's name, so the semester of the deadline gets the name that indicators use.
FURTHER_COLUMNS = {"v_obligation": ("period_label", "Полугодие срока", "due_period_label")}

# A funnel chart wants one row a step; the steps are those REACHED, and summed before they are turned into rows.
FUNNEL = "funnel"
FUNNEL_SQL = f"""\
SELECT region_name, municipality_name, period_label, step_name, reached
FROM (
    SELECT region_name, municipality_name, due_period_label AS period_label,
           SUM(reached_scheduled) AS scheduled, SUM(reached_submitted) AS submitted, SUM(reached_accepted) AS accepted
    FROM {SCHEMA}.v_obligation
    GROUP BY 1, 2, 3
) AS sums
CROSS JOIN LATERAL (VALUES ('{{scheduled}}', scheduled), ('{{submitted}}', submitted), ('{{accepted}}', accepted))
    AS steps (step_name, reached)
"""


def datasets() -> dict[str, Yaml]:
    """The files of the data sets by path: every set of the contract, and the funnel."""
    contract = read_contract()
    columns = contract["columns"]
    files = {}
    for data_set in contract["sets"]:
        name = data_set["name"]
        described = [column(key, columns[key]) for key in data_set["columns"]]
        if name in FURTHER_COLUMNS:
            key, label, sql = FURTHER_COLUMNS[name]
            described.append(column(key, {"type": "text", "ru": label, "about_ru": ""}, sql))
        about = f"{data_set['ru']}. Строка: {data_set['grain_ru']}."
        files[path(name)] = dataset(name, about, described, METRICS.get(name, []))
    files[path(FUNNEL)] = funnel(columns)
    return files


def read_contract() -> dict[str, Any]:
    with CONTRACT.open("rb") as file:
        return tomllib.load(file)


def funnel_sql() -> str:
    """The query of the funnel, its steps called as the contract calls their columns."""
    columns = read_contract()["columns"]
    return FUNNEL_SQL.format(
        **{step: columns[f"reached_{step}"]["ru"] for step in ("scheduled", "submitted", "accepted")}
    )


def funnel(columns: dict[str, Any]) -> Yaml:
    described = [column(key, columns[key]) for key in ("region_name", "municipality_name", "period_label")]
    described.append(
        column("step_name", {"type": "text", "ru": "Ступень", "about_ru": "Ступень, которой обязательства достигли."})
    )
    described.append(
        column("reached", {"type": "int", "ru": "Достигли", "about_ru": "Сколько обязательств достигло ступени."})
    )
    metrics = [Metric("reached_total", "Обязательств", "SUM(reached)", COUNT)]
    return dataset(FUNNEL, "Воронка: сколько обязательств достигло ступени.", described, metrics, funnel_sql())


def path(name: str) -> str:
    return f"datasets/Vekha/{name}.yaml"


def column(name: str, meaning: dict[str, Any], sql: str | None = None) -> Yaml:
    return {
        "column_name": name,
        "verbose_name": meaning["ru"],
        "description": meaning["about_ru"] or None,
        "type": TYPES[meaning["type"]],
        "is_dttm": meaning["type"] in ("date", "instant"),
        "is_active": True,
        "groupby": True,
        "filterable": True,
        "expression": sql,
        "python_date_format": None,
        "extra": {},
    }


def dataset(name: str, about: str, columns: list[Yaml], metrics: list[Metric], sql: str | None = None) -> Yaml:
    return {
        "table_name": name,
        "main_dttm_col": MAIN_DATE.get(name),
        "description": about,
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": None,
        "catalog": None,
        "schema": SCHEMA,
        "sql": sql,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": None,
        "uuid": uid("dataset", name),
        "metrics": [
            {
                "metric_name": metric.key,
                "verbose_name": metric.label,
                "metric_type": None,
                "expression": metric.sql,
                "description": metric.about or None,
                "d3format": metric.format,
                "extra": {},
                "warning_text": None,
            }
            for metric in metrics
        ],
        "columns": columns,
        "version": "1.0.0",
        "database_uuid": uid("database", DATABASE),
    }
