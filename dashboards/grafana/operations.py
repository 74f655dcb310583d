"""The dashboard of operators: is the service well, by its own metrics. What each means: docs/operations.md."""

from panels import BLUE, GREEN, RED, YELLOW, Panel, dashboard, lines, promql, stat, steps

PLAIN = steps((None, BLUE))
NEVER = steps((None, GREEN), (1, RED))


def quantiles(title: str, histogram: str, by: str = "", width: int = 8) -> Panel:
    """The median and the 99th percentile of a histogram of seconds; with `by` only the latter, for each."""
    within = f"sum by (le{', ' + by if by else ''}) (rate({histogram}_bucket[$__rate_interval]))"
    shown = [(0.99, f"{{{{{by}}}}}")] if by else [(0.5, "50 %"), (0.99, "99 %")]
    targets = [promql(f"histogram_quantile({share}, {within})", legend) for share, legend in shown]
    return lines(title, targets, "s", width)


def rates(title: str, counter: str, by: str, width: int = 8) -> Panel:
    target = promql(f"sum by ({by}) (rate({counter}[$__rate_interval]))", f"{{{{{by}}}}}")
    return lines(title, [target], "reqps" if "http" in counter else "cps", width, stacked=True)


def since(title: str, counter: str, width: int = 4) -> Panel:
    """How often in the time shown; never is good."""
    target = promql(f"sum(increase({counter}[$__range])) or vector(0)", instant=True)
    return stat(title, target, "none", width, NEVER, defaults={"decimals": 0})


DASHBOARD = dashboard(
    "vekha-operations",
    "Веха: эксплуатация",
    "Команды, журнал, проектор, показатели, витрина. Что значит каждая метрика: docs/operations.md.",
    [
        [
            stat("Работает", promql('min(up{job=~"$job"})'), "none", 4, steps((None, RED), (1, GREEN))),
            stat(
                "Чтение отстаёт, с",
                promql("max(vekha_projector_lag_seconds)"),
                "s",
                4,
                steps((None, GREEN), (1, YELLOW), (5, RED)),
            ),
            stat(
                "Витрина отстаёт, событий",
                promql("max(vekha_mart_lag_events)"),
                "none",
                4,
                steps((None, GREEN), (1_000, YELLOW), (100_000, RED)),
            ),
            stat("Номер события", promql("max(vekha_watermark_seq)"), "none", 4, PLAIN),
            since("Ответов 5xx", 'vekha_http_requests_total{status=~"5.."}'),
            since("Неизвестных событий", "vekha_projector_unknown_events_total"),
        ],
        [
            rates("Команды по исходу", "vekha_commands_total", "outcome"),
            quantiles("От команды до видимого события", "vekha_command_seconds"),
            quantiles("Команды, 99 % по видам", "vekha_command_seconds", "act"),
        ],
        [
            rates("Запросы по статусу", "vekha_http_requests_total", "status"),
            quantiles("Запросы", "vekha_http_seconds"),
            quantiles("Запросы, 99 % по пути", "vekha_http_seconds", "path"),
        ],
        [
            rates("Записи в журнал по исходу", "vekha_append_outcomes_total", "outcome"),
            quantiles("Запись в журнал", "vekha_append_seconds"),
            lines(
                "Событий в одной записи",
                [
                    promql(
                        "sum(rate(vekha_append_batch_size_sum[$__rate_interval]))"
                        " / sum(rate(vekha_append_batch_size_count[$__rate_interval]))",
                        "в среднем",
                    )
                ],
                "none",
                8,
            ),
        ],
        [
            rates("События у проектора", "vekha_projector_events_total", "effect"),
            lines("Проектор отстаёт, событий", [promql("max(vekha_projector_lag_events)", "событий")], "none", 8),
            quantiles("Сохранение состояния", "vekha_checkpoint_seconds"),
        ],
        [
            quantiles("Вычисление значений", "vekha_values_seconds"),
            quantiles("Состояние прошлого", "vekha_past_seconds"),
            since("Кэш не записан, раз", "vekha_checkpoint_failures_total"),
            since("Витрина не записана, раз", "vekha_mart_failures_total"),
        ],
        [
            quantiles("Шаг витрины", "vekha_mart_seconds", width=12),
            lines(
                "Строк витрины в секунду",
                [promql("sum(rate(vekha_mart_rows_total[$__rate_interval]))", "строк")],
                "none",
                12,
            ),
        ],
    ],
    [
        {
            "name": "job",
            "label": "Задание Prometheus",
            "type": "textbox",
            "query": "vekha",
            "current": {"text": "vekha", "value": "vekha"},
            "options": [{"text": "vekha", "value": "vekha", "selected": True}],
            "hide": 0,
            "skipUrlSync": False,
        }
    ],
    time={"from": "now-1h", "to": "now"},
    timepicker={},
    timezone="browser",
    refresh="10s",
)
