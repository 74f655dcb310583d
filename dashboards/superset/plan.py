"""The dashboard of the ministry: how the plan is fulfilled."""

from parts import Chart, Dashboard, Filter, axis, bars, headed, kpi, rows, sums

COMPOSITE = "indicator_code = 'A'"

achievement = kpi(
    "plan-achievement",
    "Достижение региона",
    "v_indicator",
    "achievement_of_row",
    "итог A по всему региону",
    where=("level = 'region'", COMPOSITE, "is_official"),
    about="Итоги не складываются, поэтому здесь всегда весь регион.",
)
overdue = kpi("plan-overdue", "Просрочено", "v_obligation", "overdue", "со сроком в полугодии")
done = kpi("plan-done", "Исполнено", "v_obligation", "done_share", "из имеющих срок")
as_of = kpi(
    "plan-as-of",
    "Данные на",
    "v_watermark",
    "as_of_moscow",
    "московское время",
    params={"force_timestamp_formatting": True, "time_format": "%d.%m.%Y %H:%M", "header_font_size": 0.3},
)

# A cell is one row of the view, so its achievement is exact; it compares shares, days and counts alike.
heat = Chart(
    "plan-heat",
    "Достижение целей: муниципалитет × показатель",
    "heatmap_v2",
    "v_indicator",
    12,
    105,
    {
        "x_axis": "indicator_code",
        "groupby": "municipality_name",
        "metric": "achievement_of_row",
        "linear_color_scheme": "schemeRdYlGn",
        "normalize_across": "heatmap",
        "legend_type": "continuous",
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "show_values": True,
        "show_legend": True,
        "y_axis_format": ".0%",
        "value_bounds": [None, None],
        "left_margin": 40,
        "bottom_margin": 40,
        "xscale_interval": -1,
        "yscale_interval": -1,
    },
    [axis("indicator_code"), "municipality_name"],
    ["achievement_of_row"],
    [["indicator_code", True]],
    where=("level = 'municipality'", "indicator_code <> 'A'", "is_official", "achievement IS NOT NULL"),
    limit=50_000,
)

trend = Chart(
    "plan-trend",
    "Итоговое достижение по полугодиям",
    "echarts_timeseries_line",
    "v_indicator",
    5,
    37,
    {
        "x_axis": "period_label",
        "metrics": ["achievement_of_territory"],
        "groupby": [],
        "x_axis_sort": "period_label",
        "x_axis_sort_asc": True,
        "y_axis_format": ".0%",
        "y_axis_bounds": [0, 1],
        "markerEnabled": True,
        "markerSize": 9,
        "show_value": True,
        "show_legend": False,
        "rich_tooltip": True,
    },
    [axis("period_label")],
    ["achievement_of_territory"],
    [["period_label", True]],
    where=("level IN ('region', 'municipality')", COMPOSITE, "is_official", "period_part IN ('H1', 'H2')"),
    about="Регион или один выбранный муниципалитет; у нескольких вместе итога нет.",
)

ranking = bars(
    "plan-ranking",
    "Рейтинг муниципалитетов по итоговому достижению",
    "v_indicator",
    "municipality_name",
    "achievement_of_row",
    7,
    76,
    params={"y_axis_format": ".1%", "y_axis_bounds": [0, 1], "truncateYAxis": True},
    where=("level = 'municipality'", COMPOSITE, "is_official", "achievement IS NOT NULL"),
    limit=100,
)

indicators = sums(
    "plan-indicators",
    "Показатели: сумма числителей / сумма знаменателей",
    "v_indicator",
    ["indicator_code", "indicator_name"],
    ["ratio", "target", "numerator_sum", "denominator_sum"],
    12,
    70,
    order="code_order",
    params={"page_length": 0, "include_search": False, "column_config": headed(indicator_code="Код")},
    where=("is_additive", "is_official"),
)

funnel = Chart(
    "plan-funnel",
    "Воронка: каких ступеней достигли",
    "funnel",
    "funnel",
    5,
    37,
    {
        "groupby": ["step_name"],
        "metric": "reached_total",
        "sort_by_metric": True,
        "show_legend": False,
        "percent_calculation_type": "first_step",
        # Key, value and percent, as the enumeration of the front end numbers them.
        "label_type": 5,
        "number_format": ",d",
        "show_labels": True,
        "show_tooltip_labels": True,
    },
    ["step_name"],
    ["reached_total"],
    [["reached_total", False]],
    limit=10,
)

late = rows(
    "plan-late",
    "Просроченные обязательства",
    "v_obligation",
    ["org_name", "municipality_name", "row_no", "title", "phase_name", "effective_due_on", "lateness_days"],
    [["lateness_days", False]],
    12,
    62,
    where=("is_overdue",),
    limit=5000,
    params={
        "page_length": 10,
        "column_config": headed(row_no="Строка", phase_name="Фаза", effective_due_on="Срок", lateness_days="Дней"),
        "conditional_formatting": [
            {"column": "lateness_days", "operator": ">", "targetValue": 30, "colorScheme": "#EFA1AA"}
        ],
    },
)

acts = Chart(
    "plan-acts",
    "Акты по дням",
    "echarts_timeseries_bar",
    "v_event",
    12,
    50,
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
    limit=50_000,
)

DASHBOARD = Dashboard(
    "vekha-plan",
    "Веха: исполнение плана",
    "Показатели, обязательства и акты по территориям и полугодиям.",
    [[achievement, overdue, done, as_of], [[trend, funnel], ranking], [heat], [indicators], [late], [acts]],
    [
        # Required: the composite is one territory's, and names of municipalities repeat between regions.
        Filter(
            "region",
            "Регион",
            "v_indicator",
            "region_name",
            first=True,
            where="region_name IS NOT NULL",
            without=("plan-as-of",),
        ),
        Filter(
            "municipality",
            "Муниципалитет",
            "v_indicator",
            "municipality_name",
            parents=("region",),
            without=("plan-as-of", "plan-achievement"),
            where="municipality_name IS NOT NULL",
            about="На итоговое достижение региона не действует.",
        ),
        Filter(
            "semester",
            "Полугодие",
            "v_period",
            "period_label",
            without=("plan-as-of", "plan-trend", "plan-acts"),
            first=True,
            where="period_part IN ('H1', 'H2')",
            sort_metric="latest_complete_first",
            about="Сначала последнее законченное.",
        ),
    ],
    # Light, since the labels stand inside in black.
    colours={"Со сроком": "#A5DCEA", "Сдано": "#A8E0C0", "Снято с контроля": "#D3E8A8"},
)
