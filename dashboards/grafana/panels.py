"""The parts that Grafana's dashboards are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

# As the data sources of provisioning/datasources/vekha.yaml are called.
SQL = {"type": "grafana-postgresql-datasource", "uid": "vekha-bi"}
PROMETHEUS = {"type": "prometheus", "uid": "vekha-prometheus"}

COLUMNS = 24
GREEN, YELLOW, RED, BLUE = "green", "#EAB839", "red", "blue"
LEGEND = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
NO_LEGEND = {**LEGEND, "showLegend": False}
TOOLTIP = {"mode": "multi", "sort": "desc"}
VALUE = {"calcs": ["lastNotNull"], "fields": "", "values": False}


@dataclass(frozen=True)
class Panel:
    """A panel: `kind` is Grafana's name of its type; `width` of 24, `height` in units of 30 pixels."""

    kind: str
    title: str
    width: int
    height: int
    targets: list[Json]
    options: Json
    defaults: Json = field(default_factory=dict)
    overrides: list[Json] = field(default_factory=list)
    transformations: list[Json] = field(default_factory=list)
    interval: str | None = None
    about: str | None = None

    def file(self, number: int, x: int, y: int) -> Json:
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            **({"description": self.about} if self.about else {}),
            "datasource": self.targets[0]["datasource"],
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            **({"interval": self.interval} if self.interval else {}),
            "targets": [{"refId": chr(ord("A") + at), **target} for at, target in enumerate(self.targets)],
            "transformations": self.transformations,
            "options": self.options,
            "fieldConfig": {"defaults": self.defaults, "overrides": self.overrides},
        }


def layout(rows: list[list[Panel]]) -> list[Json]:
    """Panels row by row, from the left."""
    placed: list[Json] = []
    y = 0
    for row in rows:
        x = 0
        for panel in row:
            placed.append(panel.file(len(placed) + 1, x, y))
            x += panel.width
        y += max(panel.height for panel in row)
    return placed


def sql(text: str, series: bool = False) -> Json:
    """A query; `series` where its columns are time, name and value."""
    query = " ".join(text.split())
    return {
        "datasource": SQL,
        "rawSql": query,
        "rawQuery": True,
        "editorMode": "code",
        "format": "time_series" if series else "table",
    }


def promql(expression: str, legend: str = "", instant: bool = False) -> Json:
    return {
        "datasource": PROMETHEUS,
        "expr": " ".join(expression.split()),
        "legendFormat": legend or "__auto",
        "range": not instant,
        "instant": instant,
        "editorMode": "code",
    }


def steps(*limits: tuple[float | None, str]) -> Json:
    """Colours from each limit on; the first has none."""
    return {"mode": "absolute", "steps": [{"value": limit, "color": colour} for limit, colour in limits]}


def stat(title: str, target: Json, unit: str, width: int, thresholds: Json, **more: Any) -> Panel:
    """One large number."""
    options = {
        "reduceOptions": VALUE,
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
        "textMode": "value",
        "wideLayout": True,
    }
    defaults = {"unit": unit, "color": {"mode": "thresholds"}, "thresholds": thresholds, **more.pop("defaults", {})}
    return Panel("stat", title, width, 4, [target], options, defaults, **more)


def lines(title: str, targets: list[Json], unit: str, width: int, stacked: bool = False, **more: Any) -> Panel:
    """Values over time; as stacked bars where they are counts."""
    custom = {
        "drawStyle": "bars" if stacked else "line",
        "fillOpacity": 80 if stacked else 10,
        "lineWidth": 0 if stacked else 1,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }
    defaults = {"unit": unit, "min": 0, "color": {"mode": "palette-classic"}, "custom": custom}
    options = {"legend": LEGEND, "tooltip": TOOLTIP}
    return Panel("timeseries", title, width, more.pop("height", 8), targets, options, defaults, **more)


def bars(title: str, target: Json, by: str, unit: str, width: int, height: int, upright: bool, **more: Any) -> Panel:
    """A bar for each row, named by the column `by`; with `colour_by` each has the colour of its own value there."""
    colour_by = more.pop("colour_by", None)
    options = {
        "xField": by,
        **({"colorByField": colour_by} if colour_by else {}),
        "orientation": "vertical" if upright else "horizontal",
        "barWidth": 0.8,
        "groupWidth": 0.7,
        "barRadius": 0,
        "fullHighlight": False,
        "showValue": "always",
        "stacking": "none",
        "xTickLabelRotation": 0,
        "xTickLabelMaxLength": 40,
        "legend": NO_LEGEND,
        "tooltip": {"mode": "single", "sort": "none"},
    }
    custom = {"fillOpacity": 80, "lineWidth": 0, "axisPlacement": "auto"}
    defaults = {"unit": unit, "min": 0, "custom": custom, **more.pop("defaults", {})}
    return Panel("barchart", title, width, height, [target], options, defaults, **more)


def table(title: str, target: Json, width: int, height: int, **more: Any) -> Panel:
    options = {"showHeader": True, "cellHeight": "sm", "frameIndex": 0, "enablePagination": False}
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}
    defaults = {"custom": custom, **more.pop("defaults", {})}
    return Panel("table", title, width, height, [target], options, defaults, **more)


def override(column: str, **properties: Any) -> Json:
    """Settings of one column; `custom_width` stands for `custom.width`."""
    named = [{"id": key.replace("custom_", "custom.", 1), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": column}, "properties": named}


def choice(name: str, label: str, query: str) -> Json:
    """A variable: one of the values that a query gives, at first the first."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SQL,
        "query": " ".join(query.split()),
        "refresh": 1,
        "sort": 0,
        "multi": False,
        "includeAll": False,
        "hide": 0,
        "options": [],
        "current": {"text": "", "value": ""},
        "regex": "",
        "skipUrlSync": False,
    }


def dashboard(uid: str, title: str, about: str, rows: list[list[Panel]], variables: list[Json], **more: Any) -> Json:
    return {
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["vekha"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "weekStart": "monday",
        # The school year begins in September, which makes it Grafana's fiscal year.
        "fiscalYearStartMonth": 8,
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": variables},
        "panels": layout(rows),
        **more,
    }
