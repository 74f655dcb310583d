"""The parts that every file of the bundle is made of: charts, filters, dashboards, YAML."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

Yaml = dict[str, Any]

DATABASE = "Vekha BI"
SCHEMA = "vekha_bi"

# Never changed: Superset knows by these which of its objects an import replaces.
NAMESPACE = uuid.UUID("8a4e1f60-6d0b-4d0f-9a0e-3c5d5a2f7b11")


def uid(kind: str, name: str) -> str:
    """The stable identity of an object."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows (`params`, the form of the type `viz`) and what it asks (`columns`, `metrics`, `order`).

    `where` are SQL conditions; `width` is in twelfths of the page, `height` in units of 8 pixels.
    """

    key: str
    title: str
    viz: str
    dataset: str
    width: int
    height: int
    params: Yaml
    columns: list[Any] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    order: list[list[Any]] = field(default_factory=list)
    where: tuple[str, ...] = ()
    limit: int = 1000
    about: str | None = None
    time_column: str | None = None

    @property
    def number(self) -> int:
        """An id for references inside the bundle; Superset gives its own at the import."""
        return 1000 + uuid.UUID(uid("chart", self.key)).int % 1_000_000_000

    def file(self) -> Yaml:
        """The chart as the importer wants it."""
        adhoc = [adhoc_sql(self.key, number, sql) for number, sql in enumerate(self.where)]
        filters = []
        if self.time_column:
            # The time range of a dashboard fills this one in; a chart without it would ignore the range.
            adhoc.append(
                {
                    "clause": "WHERE",
                    "expressionType": "SIMPLE",
                    "subject": self.time_column,
                    "operator": "TEMPORAL_RANGE",
                    "comparator": "No filter",
                    "filterOptionName": f"{self.key}-time",
                }
            )
            filters.append({"col": self.time_column, "op": "TEMPORAL_RANGE", "val": "No filter"})
        params = {
            "viz_type": self.viz,
            "datasource": "1__table",
            "row_limit": self.limit,
            "extra_form_data": {},
            **self.params,
            "adhoc_filters": adhoc,
        }
        query = {
            "filters": filters,
            "extras": {"having": "", "where": " AND ".join(f"({sql})" for sql in self.where)},
            "applied_time_extras": {},
            "columns": self.columns,
            "metrics": self.metrics or None,
            "orderby": self.order,
            "annotation_layers": [],
            "row_limit": self.limit,
            "series_limit": 0,
            "order_desc": True,
            "url_params": {},
            "custom_params": {},
            "custom_form_data": {},
        }
        context = {
            "datasource": {"id": 1, "type": "table"},
            "force": False,
            "form_data": params,
            "result_format": "json",
            "result_type": "full",
            "queries": [query],
        }
        return {
            "slice_name": self.title,
            "description": self.about,
            "certified_by": None,
            "certification_details": None,
            "viz_type": self.viz,
            "params": params,
            "query_context": json.dumps(context, ensure_ascii=False),
            "cache_timeout": None,
            "uuid": uid("chart", self.key),
            "version": "1.0.0",
            "dataset_uuid": uid("dataset", self.dataset),
        }


def adhoc_sql(key: str, number: int, sql: str) -> Yaml:
    return {"clause": "WHERE", "expressionType": "SQL", "sqlExpression": sql, "filterOptionName": f"{key}-{number}"}


def axis(column: str, grain: str | None = None) -> Yaml:
    """A column as the horizontal axis; `grain` is an ISO duration for a column of time."""
    shown = {"columnType": "BASE_AXIS", "sqlExpression": column, "label": column, "expressionType": "SQL"}
    return {**shown, "timeGrain": grain} if grain else shown


def kpi(key: str, title: str, dataset: str, metric: str, subtitle: str, width: int = 3, **more: Any) -> Chart:
    """One large number, in the format of the metric unless `params` say another."""
    params = {
        "metric": metric,
        "header_font_size": 0.4,
        "subtitle": subtitle,
        "subtitle_font_size": 0.16,
        **more.pop("params", {}),
    }
    return Chart(key, title, "big_number_total", dataset, width, 24, params, metrics=[metric], **more)


def bars(key: str, title: str, dataset: str, column: str, metric: str, width: int, height: int, **more: Any) -> Chart:
    """Horizontal bars, the greatest on top."""
    params = {
        "x_axis": column,
        "metrics": [metric],
        "groupby": [],
        "orientation": "horizontal",
        "x_axis_sort": metric,
        "x_axis_sort_asc": True,
        "show_value": True,
        "show_legend": False,
        **more.pop("params", {}),
    }
    order = [[metric, False]]
    return Chart(
        key, title, "echarts_timeseries_bar", dataset, width, height, params, [axis(column)], [metric], order, **more
    )


def rows(
    key: str, title: str, dataset: str, columns: list[str], order: list[list[Any]], width: int, height: int, **more: Any
) -> Chart:
    """A table of rows as they are."""
    params = {
        "query_mode": "raw",
        "all_columns": columns,
        "order_by_cols": [json.dumps(entry) for entry in order],
        **TABLE,
        **more.pop("params", {}),
    }
    return Chart(key, title, "table", dataset, width, height, params, list(columns), [], order, **more)


def sums(
    key: str, title: str, dataset: str, columns: list[str], metrics: list[str], width: int, height: int, **more: Any
) -> Chart:
    """A table with one row a group, the greatest first metric on top; `order` names another metric, the least on top."""
    ascending = more.pop("order", None)
    order = [[ascending or metrics[0], ascending is not None]]
    params = {
        "query_mode": "aggregate",
        "groupby": columns,
        "metrics": metrics,
        "timeseries_limit_metric": order[0][0],
        "order_desc": ascending is None,
        **TABLE,
        **more.pop("params", {}),
    }
    return Chart(key, title, "table", dataset, width, height, params, list(columns), metrics, order, **more)


def headed(**names: str) -> Yaml:
    """Shorter heads of a table's columns than the contract's labels."""
    return {column: {"customColumnName": name} for column, name in names.items()}


TABLE = {
    "table_timestamp_format": "%d.%m.%Y",
    "include_search": True,
    "page_length": 20,
    "server_pagination": False,
    "show_cell_bars": False,
}


@dataclass(frozen=True)
class Filter:
    """A filter of a dashboard: a list of values of `column`, or a time range where there is no column.

    `first` chooses the first value and lets nobody choose none: Superset shows a default first value but does not
    filter by it unless the filter is also required.
    """

    key: str
    title: str
    dataset: str = ""
    column: str = ""
    parents: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    first: bool = False
    where: str | None = None
    sort_metric: str | None = None
    about: str = ""

    def file(self, charts: dict[str, Chart]) -> Yaml:
        common = {
            "id": f"NATIVE_FILTER-{self.key}",
            "name": self.title,
            "type": "NATIVE_FILTER",
            "description": self.about,
            "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
            "cascadeParentIds": [f"NATIVE_FILTER-{parent}" for parent in self.parents],
            "scope": {"rootPath": ["ROOT_ID"], "excluded": [charts[key].number for key in self.without]},
        }
        if not self.column:
            return {
                **common,
                "filterType": "filter_time",
                "targets": [{}],
                "controlValues": {"enableEmptyFilter": False},
            }
        choice = {
            "enableEmptyFilter": self.first,
            "defaultToFirstItem": self.first,
            "multiSelect": not self.first,
            "searchAllOptions": False,
            "inverseSelection": False,
            # With a metric this is its direction; the greatest first.
            "sortAscending": self.sort_metric is None,
        }
        return {
            **common,
            "filterType": "filter_select",
            "requiredFirst": self.first,
            "targets": [{"column": {"name": self.column}, "datasetUuid": uid("dataset", self.dataset)}],
            "controlValues": choice,
            "adhoc_filters": [adhoc_sql(self.key, 0, self.where)] if self.where else [],
            **({"sortMetric": self.sort_metric} if self.sort_metric else {}),
        }


@dataclass(frozen=True)
class Dashboard:
    """A dashboard: rows of charts, and filters; a list inside a row is a column of charts. `colours` are by label."""

    slug: str
    title: str
    about: str
    grid: list[list[Chart | list[Chart]]]
    filters: list[Filter]
    colours: dict[str, str] = field(default_factory=dict)

    @property
    def charts(self) -> dict[str, Chart]:
        return {chart.key: chart for row in self.grid for cell in row for chart in column_of(cell)}

    def file(self) -> Yaml:
        return {
            "dashboard_title": self.title,
            "description": self.about,
            "css": "",
            "slug": self.slug,
            "uuid": uid("dashboard", self.slug),
            "position": self._position(),
            "metadata": {
                "color_scheme": "supersetColors",
                "refresh_frequency": 300,
                "timed_refresh_immune_slices": [],
                "expanded_slices": {},
                "label_colors": self.colours,
                "cross_filters_enabled": True,
                "native_filter_configuration": [one.file(self.charts) for one in self.filters],
            },
            "version": "1.0.0",
            "published": True,
        }

    def _position(self) -> Yaml:
        names = [f"ROW-{number}" for number in range(1, len(self.grid) + 1)]
        top = ["ROOT_ID", "GRID_ID"]
        position: Yaml = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
            "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": names, "parents": ["ROOT_ID"]},
            "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": self.title}},
        }
        for name, row in zip(names, self.grid):
            children = []
            for number, cell in enumerate(row, 1):
                if isinstance(cell, Chart):
                    children.append(_place(position, cell, [*top, name]))
                    continue
                column = f"COLUMN-{name}-{number}"
                inside = [_place(position, chart, [*top, name, column]) for chart in cell]
                position[column] = _box(
                    "COLUMN", column, inside, [*top, name], width=max(chart.width for chart in cell)
                )
                children.append(column)
            position[name] = _box("ROW", name, children, top)
        return position


def column_of(cell: Chart | list[Chart]) -> list[Chart]:
    return [cell] if isinstance(cell, Chart) else cell


def _box(kind: str, name: str, children: list[str], parents: list[str], **more: int) -> Yaml:
    meta = {"background": "BACKGROUND_TRANSPARENT", **more}
    return {"id": name, "type": kind, "children": children, "meta": meta, "parents": parents}


def _place(position: Yaml, chart: Chart, parents: list[str]) -> str:
    """Puts a chart into the grid; the answer is its name there."""
    name = f"CHART-{chart.key}"
    meta = {
        "chartId": chart.number,
        "uuid": uid("chart", chart.key),
        "sliceName": chart.title,
        "width": chart.width,
        "height": chart.height,
    }
    position[name] = {"id": name, "type": "CHART", "children": [], "meta": meta, "parents": parents}
    return name


def to_yaml(value: Any, indent: int = 0) -> str:
    """YAML in blocks; scalars and empty things as JSON writes them, which YAML reads the same."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{key}:{_below(item, indent)}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}-{_below(item, indent)}" for item in value)
    return f"{pad}{json.dumps(value, ensure_ascii=False)}\n"


def _below(item: Any, indent: int) -> str:
    if isinstance(item, (dict, list)) and item:
        return "\n" + to_yaml(item, indent + 1)
    return f" {json.dumps(item, ensure_ascii=False)}\n"
