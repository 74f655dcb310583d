// What a dashboard of ours may be: Grafana's own types, with the options of each kind of panel that we use.
import type { Dashboard, FieldConfig, FieldConfigSource, Panel } from "@grafana/schema";
import type {
  FieldConfig as BarChartField,
  Options as BarChart,
} from "@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen";
import type { Options as Stat } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
  FieldConfig as TableField,
  Options as Table,
} from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type {
  FieldConfig as SeriesField,
  Options as Series,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** As JSON holds it: of an enumeration the text. */
export type Plain<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { [Key in keyof T]: Plain<T[Key]> }
        : T;

interface Target {
  refId: string;
  editorMode: "code";
}

/** A query of the data source for PostgreSQL. */
interface Sql extends Target {
  datasource: { type: "grafana-postgresql-datasource"; uid: string };
  rawSql: string;
  rawQuery: true;
  format: "table" | "time_series";
}

/** A query of the data source for Prometheus. */
interface Prometheus extends Target {
  datasource: { type: "prometheus"; uid: string };
  expr: string;
  legendFormat: string;
  range: boolean;
  instant: boolean;
}

type Of<Kind extends string, Options, Field> = Omit<
  Plain<Panel>,
  "type" | "options" | "fieldConfig" | "targets"
> & {
  type: Kind;
  options: Plain<Options>;
  targets: (Sql | Prometheus)[];
  fieldConfig: {
    defaults: Omit<Plain<FieldConfig>, "custom"> & { custom?: Plain<Partial<Field>> };
    overrides: Plain<FieldConfigSource["overrides"]>;
  };
};

type OurPanel =
  | Of<"barchart", BarChart, BarChartField>
  | Of<"stat", Stat, Record<never, never>>
  | Of<"table", Table, TableField>
  | Of<"timeseries", Series, SeriesField>;

export type OurDashboard = Omit<Plain<Dashboard>, "panels"> & { panels: OurPanel[] };
