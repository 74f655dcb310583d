-- Made from crates/bi/data/contract.toml by `make generate`. A generation of the tables is _gN.

CREATE SCHEMA IF NOT EXISTS vekha_bi_1;
CREATE SCHEMA IF NOT EXISTS vekha_bi;
CREATE TABLE IF NOT EXISTS vekha_bi_1.watermark (
    feed text PRIMARY KEY,
    schema_version text NOT NULL,
    epoch text NOT NULL,
    last_seq bigint NOT NULL,
    as_of timestamptz NOT NULL,
    rows_total bigint NOT NULL,
    generation bigint NOT NULL,
    last_event text NOT NULL,
    ddl text NOT NULL,
    tables text NOT NULL
);
CREATE TABLE IF NOT EXISTS vekha_bi_1.reader (
    login text PRIMARY KEY,
    region_code text,
    municipality_code text,
    org_code text
);
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vekha_bi_reader') THEN CREATE ROLE vekha_bi_reader NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
SET LOCAL check_function_bodies = off;
CREATE OR REPLACE FUNCTION vekha_bi_1.territory() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY[
        CASE WHEN r.org_code IS NOT NULL THEN 'org' WHEN r.municipality_code IS NOT NULL THEN 'municipality'
             WHEN r.region_code IS NOT NULL THEN 'region' ELSE 'all' END,
        coalesce(r.region_code, o.region_code), coalesce(o.municipality_code, r.municipality_code), r.org_code]
    FROM vekha_bi_1.reader r LEFT JOIN LATERAL (
        SELECT v.region_code, v.municipality_code FROM vekha_bi.v_org v
        WHERE v.org_code = r.org_code AND v.is_current AND v.region_code = coalesce(r.region_code, v.region_code)
        ORDER BY v.org_key DESC LIMIT 1) o ON true
    WHERE r.login = session_user
$$;
REVOKE ALL ON FUNCTION vekha_bi_1.territory() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vekha_bi_1.territory() TO vekha_bi_reader;
GRANT USAGE ON SCHEMA vekha_bi TO vekha_bi_reader;
GRANT SELECT ON vekha_bi_1.watermark TO vekha_bi_reader;

CREATE TABLE vekha_bi_1.indicator_g1 (
    level text NOT NULL,
    org_key bigint NOT NULL,
    org_code text NOT NULL,
    org_name text NOT NULL,
    region_code text NOT NULL,
    region_name text,
    municipality_code text,
    municipality_name text,
    current_municipality_name text,
    period_key bigint NOT NULL,
    period_code text NOT NULL,
    period_label text NOT NULL,
    school_year text NOT NULL,
    period_part text NOT NULL,
    starts_on date,
    indicator_key bigint NOT NULL,
    indicator_code text NOT NULL,
    indicator_name text NOT NULL,
    indicator_version bigint NOT NULL,
    is_official boolean NOT NULL,
    is_additive boolean NOT NULL,
    numerator double precision,
    denominator double precision,
    achieved_ratio_row double precision,
    target_ratio double precision,
    achievement double precision,
    weight double precision,
    band_code text,
    status text NOT NULL,
    suppressed boolean NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.indicator_g1 ADD PRIMARY KEY (level, region_code, org_code, period_code, indicator_code, indicator_version);
ALTER TABLE vekha_bi_1.indicator_g1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_territory ON vekha_bi_1.indicator_g1 FOR SELECT TO vekha_bi_reader USING (
    ((SELECT vekha_bi_1.territory())[1] = 'all')
    OR ((SELECT vekha_bi_1.territory())[1] = 'region' AND region_code = (SELECT vekha_bi_1.territory())[2])
    OR ((SELECT vekha_bi_1.territory())[1] = 'municipality' AND region_code = (SELECT vekha_bi_1.territory())[2] AND municipality_code = (SELECT vekha_bi_1.territory())[3])
    OR ((SELECT vekha_bi_1.territory())[1] = 'org' AND region_code = (SELECT vekha_bi_1.territory())[2] AND org_code = (SELECT vekha_bi_1.territory())[4])
    OR (level IN ('region', 'direction') AND region_code = (SELECT vekha_bi_1.territory())[2])
    OR (level = 'municipality' AND region_code = (SELECT vekha_bi_1.territory())[2] AND municipality_code = (SELECT vekha_bi_1.territory())[3])
);
GRANT SELECT ON vekha_bi_1.indicator_g1 TO vekha_bi_reader;

CREATE TABLE vekha_bi_1.indicator_published_g1 (
    closing_seq bigint NOT NULL,
    is_in_force boolean NOT NULL,
    level text NOT NULL,
    org_key bigint NOT NULL,
    org_code text NOT NULL,
    org_name text NOT NULL,
    region_code text NOT NULL,
    region_name text,
    municipality_code text,
    municipality_name text,
    current_municipality_name text,
    period_key bigint NOT NULL,
    period_code text NOT NULL,
    period_label text NOT NULL,
    school_year text NOT NULL,
    period_part text NOT NULL,
    indicator_key bigint NOT NULL,
    indicator_code text NOT NULL,
    indicator_name text NOT NULL,
    indicator_version bigint NOT NULL,
    is_additive boolean NOT NULL,
    numerator double precision,
    denominator double precision,
    achieved_ratio_row double precision,
    target_ratio double precision,
    achievement double precision,
    weight double precision,
    status text NOT NULL,
    suppressed boolean NOT NULL,
    as_of timestamptz NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.indicator_published_g1 ADD PRIMARY KEY (closing_seq, level, region_code, org_code, period_code, indicator_code, indicator_version);
ALTER TABLE vekha_bi_1.indicator_published_g1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_territory ON vekha_bi_1.indicator_published_g1 FOR SELECT TO vekha_bi_reader USING (
    ((SELECT vekha_bi_1.territory())[1] = 'all')
    OR ((SELECT vekha_bi_1.territory())[1] = 'region' AND region_code = (SELECT vekha_bi_1.territory())[2])
    OR ((SELECT vekha_bi_1.territory())[1] = 'municipality' AND region_code = (SELECT vekha_bi_1.territory())[2] AND municipality_code = (SELECT vekha_bi_1.territory())[3])
    OR ((SELECT vekha_bi_1.territory())[1] = 'org' AND region_code = (SELECT vekha_bi_1.territory())[2] AND org_code = (SELECT vekha_bi_1.territory())[4])
    OR (level IN ('region', 'direction') AND region_code = (SELECT vekha_bi_1.territory())[2])
    OR (level = 'municipality' AND region_code = (SELECT vekha_bi_1.territory())[2] AND municipality_code = (SELECT vekha_bi_1.territory())[3])
);
GRANT SELECT ON vekha_bi_1.indicator_published_g1 TO vekha_bi_reader;

CREATE TABLE vekha_bi_1.obligation_g1 (
    obligation_id text NOT NULL,
    plan_row_key bigint NOT NULL,
    plan_code text NOT NULL,
    row_no text NOT NULL,
    org_key bigint NOT NULL,
    org_code text NOT NULL,
    org_name text NOT NULL,
    region_code text NOT NULL,
    region_name text,
    municipality_code text,
    municipality_name text,
    current_municipality_name text,
    item_code text NOT NULL,
    item_name text NOT NULL,
    title text NOT NULL,
    holder text NOT NULL,
    phase text NOT NULL,
    phase_name text NOT NULL,
    phase_order bigint NOT NULL,
    timeliness text NOT NULL,
    start_on date,
    stated_due_on date,
    effective_due_on date,
    done_on date,
    recorded_at timestamptz,
    lateness_days bigint,
    is_overdue boolean NOT NULL,
    is_done boolean NOT NULL,
    is_excused boolean NOT NULL,
    reached_scheduled bigint NOT NULL,
    reached_submitted bigint NOT NULL,
    reached_accepted bigint NOT NULL,
    due_period text,
    due_period_label text,
    measures_period text,
    moves bigint NOT NULL,
    returns bigint NOT NULL,
    version_seq bigint NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.obligation_g1 ADD PRIMARY KEY (obligation_id);
ALTER TABLE vekha_bi_1.obligation_g1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_territory ON vekha_bi_1.obligation_g1 FOR SELECT TO vekha_bi_reader USING (
    ((SELECT vekha_bi_1.territory())[1] = 'all')
    OR ((SELECT vekha_bi_1.territory())[1] = 'region' AND region_code = (SELECT vekha_bi_1.territory())[2])
    OR ((SELECT vekha_bi_1.territory())[1] = 'municipality' AND region_code = (SELECT vekha_bi_1.territory())[2] AND municipality_code = (SELECT vekha_bi_1.territory())[3])
    OR ((SELECT vekha_bi_1.territory())[1] = 'org' AND region_code = (SELECT vekha_bi_1.territory())[2] AND org_code = (SELECT vekha_bi_1.territory())[4])
    OR (org_code = '-' AND (SELECT vekha_bi_1.territory())[1] IS NOT NULL)
);
GRANT SELECT ON vekha_bi_1.obligation_g1 TO vekha_bi_reader;

CREATE TABLE vekha_bi_1.event_g1 (
    stream_seq bigint NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    event_name text NOT NULL,
    event_group text NOT NULL,
    event_group_name text NOT NULL,
    occurred_on date NOT NULL,
    recorded_at timestamptz,
    recorded_on date NOT NULL,
    recorded_hour bigint NOT NULL,
    backdated_days bigint NOT NULL,
    is_backdated boolean NOT NULL,
    is_correction boolean NOT NULL,
    is_retraction boolean NOT NULL,
    is_on_behalf boolean NOT NULL,
    is_void boolean NOT NULL,
    actor_code text NOT NULL,
    role text NOT NULL,
    role_name text NOT NULL,
    on_behalf_of text,
    org_key bigint NOT NULL,
    org_code text NOT NULL,
    org_name text NOT NULL,
    region_code text NOT NULL,
    region_name text,
    municipality_code text,
    municipality_name text,
    plan_code text,
    row_no text,
    obligation_id text,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.event_g1 ADD PRIMARY KEY (stream_seq);
ALTER TABLE vekha_bi_1.event_g1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_territory ON vekha_bi_1.event_g1 FOR SELECT TO vekha_bi_reader USING (
    ((SELECT vekha_bi_1.territory())[1] = 'all')
    OR ((SELECT vekha_bi_1.territory())[1] = 'region' AND region_code = (SELECT vekha_bi_1.territory())[2])
    OR ((SELECT vekha_bi_1.territory())[1] = 'municipality' AND region_code = (SELECT vekha_bi_1.territory())[2] AND municipality_code = (SELECT vekha_bi_1.territory())[3])
    OR ((SELECT vekha_bi_1.territory())[1] = 'org' AND region_code = (SELECT vekha_bi_1.territory())[2] AND org_code = (SELECT vekha_bi_1.territory())[4])
    OR (org_code = '-' AND (SELECT vekha_bi_1.territory())[1] IS NOT NULL)
);
GRANT SELECT ON vekha_bi_1.event_g1 TO vekha_bi_reader;

CREATE TABLE vekha_bi_1.org_g1 (
    org_key bigint NOT NULL,
    org_code text NOT NULL,
    org_name text NOT NULL,
    org_name_en text NOT NULL,
    org_kind text NOT NULL,
    region_code text NOT NULL,
    region_name text,
    municipality_code text,
    municipality_name text,
    current_municipality_name text,
    valid_from date,
    valid_to date,
    is_current boolean NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.org_g1 ADD PRIMARY KEY (org_key);

CREATE TABLE vekha_bi_1.period_g1 (
    period_key bigint NOT NULL,
    period_code text NOT NULL,
    period_label text NOT NULL,
    period_label_en text NOT NULL,
    school_year text NOT NULL,
    period_part text NOT NULL,
    starts_on date,
    ends_on date,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.period_g1 ADD PRIMARY KEY (period_key);

CREATE TABLE vekha_bi_1.indicator_def_g1 (
    indicator_key bigint NOT NULL,
    indicator_code text NOT NULL,
    indicator_version bigint NOT NULL,
    indicator_name text NOT NULL,
    indicator_name_en text NOT NULL,
    unit_code text NOT NULL,
    better_code text NOT NULL,
    target_ratio double precision,
    weight double precision,
    numerator_text text NOT NULL,
    denominator_text text NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.indicator_def_g1 ADD PRIMARY KEY (indicator_key);

CREATE TABLE vekha_bi_1.plan_row_g1 (
    plan_row_key bigint NOT NULL,
    plan_code text NOT NULL,
    school_year text NOT NULL,
    activity_no bigint NOT NULL,
    activity_title text NOT NULL,
    activity_title_en text NOT NULL,
    row_no text NOT NULL,
    row_order bigint NOT NULL,
    title text NOT NULL,
    title_en text NOT NULL,
    deadline_raw text NOT NULL,
    deadline_kind text NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.plan_row_g1 ADD PRIMARY KEY (plan_row_key);

CREATE TABLE vekha_bi_1.control_total_g1 (
    data_set text NOT NULL,
    total_code text NOT NULL,
    period_code text NOT NULL,
    period_label text NOT NULL,
    indicator_code text NOT NULL,
    total double precision,
    is_deleted boolean NOT NULL DEFAULT false,
    updated_seq bigint NOT NULL
);
ALTER TABLE vekha_bi_1.control_total_g1 ADD PRIMARY KEY (data_set, total_code, period_code, indicator_code);

CREATE OR REPLACE VIEW vekha_bi.v_indicator WITH (security_invoker = true) AS
SELECT
    t.level,
    t.org_key,
    t.org_code,
    t.org_name,
    t.region_code,
    t.region_name,
    t.municipality_code,
    t.municipality_name,
    t.current_municipality_name,
    t.period_key,
    t.period_code,
    t.period_label,
    t.school_year,
    t.period_part,
    t.starts_on,
    t.indicator_key,
    t.indicator_code,
    t.indicator_name,
    t.indicator_version,
    t.is_official,
    t.is_additive,
    t.numerator,
    t.denominator,
    t.achieved_ratio_row,
    t.target_ratio,
    t.achievement,
    t.weight,
    t.band_code,
    t.status,
    t.suppressed,
    (SELECT w.as_of FROM vekha_bi_1.watermark w WHERE w.feed = 'vekha') AS as_of,
    t.updated_seq
FROM vekha_bi_1.indicator_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_indicator TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_indicator IS 'Показатели — организация или территория × версия показателя × период, последнее состояние / Indicators — organisation or territory × version of an indicator × period, latest';
COMMENT ON COLUMN vekha_bi.v_indicator.level IS 'Уровень — school, publisher (пресс-центр), direction (направление кластера), municipality, region, country. Строки разных уровней не складываются: для сумм берите is_additive. / Level — school, publisher, direction, municipality, region, country. Rows of different levels do not add up: take is_additive for sums.';
COMMENT ON COLUMN vekha_bi.v_indicator.org_key IS 'Ключ организации — Числовой ключ версии организации в v_org; 0: неизвестно. / Organisation key — Integer key of the organisation''s version in v_org; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator.org_code IS 'Код организации — Код организации или территории, неизменный; «-»: неизвестно. / Organisation code — Code of the organisation or territory; it never changes; -: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator.org_name IS 'Организация — Название организации или территории. / Organisation — Name of the organisation or territory, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator.region_code IS 'Код региона — Код региона; «-», где его нет: у страны, у событий без организации. / Region code — Code of the region; - where there is none: of the country, of events without an organisation.';
COMMENT ON COLUMN vekha_bi.v_indicator.region_name IS 'Регион — Название региона. / Region — Name of the region, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator.municipality_code IS 'Код муниципалитета — Код муниципалитета, в котором строка учтена; пусто, где его нет. / Municipality code — Code of the municipality that the row is counted in; empty where there is none.';
COMMENT ON COLUMN vekha_bi.v_indicator.municipality_name IS 'Муниципалитет — Муниципалитет, в котором строка учтена (как было). Панели Superset берут его. / Municipality — The municipality that the row is counted in (as it was). The dashboards use this one.';
COMMENT ON COLUMN vekha_bi.v_indicator.current_municipality_name IS 'Муниципалитет (сейчас) — Муниципалитет, к которому организация относится сейчас. / Municipality now — The municipality that the organisation belongs to now.';
COMMENT ON COLUMN vekha_bi.v_indicator.period_key IS 'Ключ периода — Числовой ключ периода в v_period: год начала × 10 + часть (0 вход, 1 и 2 полугодия, 9 год); 0: неизвестно. / Period key — Integer key of the period in v_period: first year × 10 + part (0 input wave, 1 and 2 semesters, 9 year); 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator.period_code IS 'Код периода — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (входной мониторинг) или 2022-2023 (год). / Period code — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (input wave) or 2022-2023 (year).';
COMMENT ON COLUMN vekha_bi.v_indicator.period_label IS 'Период — Название периода; по алфавиту полугодия одного года стоят по порядку. / Period — Name of the period in Russian; sorted as text the parts of a year stand in order.';
COMMENT ON COLUMN vekha_bi.v_indicator.school_year IS 'Учебный год — 2022-2023. / School year — 2022-2023.';
COMMENT ON COLUMN vekha_bi.v_indicator.period_part IS 'Часть года — T0, H1, H2 или Y. / Part of the year — T0, H1, H2 or Y.';
COMMENT ON COLUMN vekha_bi.v_indicator.starts_on IS 'Начало периода — Первый день периода. / Period begins — First day of the period.';
COMMENT ON COLUMN vekha_bi.v_indicator.indicator_key IS 'Ключ показателя — Числовой ключ версии показателя в v_indicator_def; 0: неизвестно. / Indicator key — Integer key of the indicator''s version in v_indicator_def; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator.indicator_code IS 'Код показателя — I01…I18, собственные показатели, A — итоговое достижение. / Indicator code — I01…I18, own indicators, A is the composite achievement.';
COMMENT ON COLUMN vekha_bi.v_indicator.indicator_name IS 'Показатель — Название показателя. / Indicator — Name of the indicator, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator.indicator_version IS 'Версия показателя — Версия определения показателя. / Indicator version — Version of the indicator''s definition.';
COMMENT ON COLUMN vekha_bi.v_indicator.is_official IS 'Официальная версия — Эта версия — официальная в этом учебном году. / Official version — This version is the official one of that school year.';
COMMENT ON COLUMN vekha_bi.v_indicator.is_additive IS 'Складывается — Строка нижнего уровня: суммы числителей и знаменателей таких строк дают территорию. Итог A не складывается никогда. / Adds up — A row of the lowest level: sums of numerators and denominators of such rows give the territory''s. The composite A never adds up.';
COMMENT ON COLUMN vekha_bi.v_indicator.numerator IS 'Числитель — Складывать можно строки is_additive одного показателя. Пусто, если значение скрыто. / Numerator — Rows of is_additive of one indicator may be added. Empty where the value is suppressed.';
COMMENT ON COLUMN vekha_bi.v_indicator.denominator IS 'Знаменатель — Складывать можно строки is_additive одного показателя. Пусто, если значение скрыто. / Denominator — Rows of is_additive of one indicator may be added. Empty where the value is suppressed.';
COMMENT ON COLUMN vekha_bi.v_indicator.achieved_ratio_row IS 'Значение строки (не усреднять) — Числитель к знаменателю этой строки. Для нескольких строк: SUM(numerator) / SUM(denominator). / Value of the row (never average) — Numerator over denominator of this row. Of several rows: SUM(numerator) / SUM(denominator).';
COMMENT ON COLUMN vekha_bi.v_indicator.target_ratio IS 'Цель — Целевое значение. Для нескольких строк: SUM(target_ratio × denominator) / SUM(denominator). / Target — The value to be reached. Of several rows: SUM(target_ratio × denominator) / SUM(denominator).';
COMMENT ON COLUMN vekha_bi.v_indicator.achievement IS 'Достижение цели — Насколько достигнута цель, от 0 до 1; у A — само значение. / Achievement — How far the target is reached, 0 to 1; of A the value itself.';
COMMENT ON COLUMN vekha_bi.v_indicator.weight IS 'Вес — Вес показателя в итоге A; у A — сумма применимых весов. / Weight — Weight of the indicator in A; of A the weight that applies.';
COMMENT ON COLUMN vekha_bi.v_indicator.band_code IS 'Зона — Зона итогового достижения: reached, partly или below; только у A. / Band — Band of the composite achievement: reached, partly or below; of A only.';
COMMENT ON COLUMN vekha_bi.v_indicator.status IS 'Состояние значения — ok, no_data (нет данных), suppressed (скрыто: мало случаев), not_applicable (не применяется). / Status of the value — ok, no_data, suppressed (too few cases), not_applicable.';
COMMENT ON COLUMN vekha_bi.v_indicator.suppressed IS 'Скрыто — Числа скрыты, чтобы никого нельзя было узнать. / Suppressed — The figures are hidden, so that nobody can be recognised.';
COMMENT ON COLUMN vekha_bi.v_indicator.as_of IS 'Данные на — На какой момент верна строка. / As of — The moment for which the row holds.';
COMMENT ON COLUMN vekha_bi.v_indicator.updated_seq IS 'Обновлено событием — Номер события журнала, при котором строка в последний раз записана: по нему видно, что нового. / Updated at — Position of the log at which the row was last written: tells what is new.';

CREATE OR REPLACE VIEW vekha_bi.v_indicator_published WITH (security_invoker = true) AS
SELECT
    t.closing_seq,
    t.is_in_force,
    t.level,
    t.org_key,
    t.org_code,
    t.org_name,
    t.region_code,
    t.region_name,
    t.municipality_code,
    t.municipality_name,
    t.current_municipality_name,
    t.period_key,
    t.period_code,
    t.period_label,
    t.school_year,
    t.period_part,
    t.indicator_key,
    t.indicator_code,
    t.indicator_name,
    t.indicator_version,
    t.is_additive,
    t.numerator,
    t.denominator,
    t.achieved_ratio_row,
    t.target_ratio,
    t.achievement,
    t.weight,
    t.status,
    t.suppressed,
    t.as_of
FROM vekha_bi_1.indicator_published_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_indicator_published TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_indicator_published IS 'Показатели опубликованные — организация или территория × показатель × закрытие периода; только дополняется / Indicators as published — organisation or territory × indicator × closing of a period; append-only';
COMMENT ON COLUMN vekha_bi.v_indicator_published.closing_seq IS 'Номер закрытия — Номер события, которым закрыт период. / Closing — Position of the event that closed the period.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.is_in_force IS 'Действует — Последнее закрытие этого периода, не отменённое. / In force — The latest closing of that period, not reopened.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.level IS 'Уровень — school, publisher (пресс-центр), direction (направление кластера), municipality, region, country. Строки разных уровней не складываются: для сумм берите is_additive. / Level — school, publisher, direction, municipality, region, country. Rows of different levels do not add up: take is_additive for sums.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.org_key IS 'Ключ организации — Числовой ключ версии организации в v_org; 0: неизвестно. / Organisation key — Integer key of the organisation''s version in v_org; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.org_code IS 'Код организации — Код организации или территории, неизменный; «-»: неизвестно. / Organisation code — Code of the organisation or territory; it never changes; -: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.org_name IS 'Организация — Название организации или территории. / Organisation — Name of the organisation or territory, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.region_code IS 'Код региона — Код региона; «-», где его нет: у страны, у событий без организации. / Region code — Code of the region; - where there is none: of the country, of events without an organisation.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.region_name IS 'Регион — Название региона. / Region — Name of the region, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.municipality_code IS 'Код муниципалитета — Код муниципалитета, в котором строка учтена; пусто, где его нет. / Municipality code — Code of the municipality that the row is counted in; empty where there is none.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.municipality_name IS 'Муниципалитет — Муниципалитет, в котором строка учтена (как было). Панели Superset берут его. / Municipality — The municipality that the row is counted in (as it was). The dashboards use this one.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.current_municipality_name IS 'Муниципалитет (сейчас) — Муниципалитет, к которому организация относится сейчас. / Municipality now — The municipality that the organisation belongs to now.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.period_key IS 'Ключ периода — Числовой ключ периода в v_period: год начала × 10 + часть (0 вход, 1 и 2 полугодия, 9 год); 0: неизвестно. / Period key — Integer key of the period in v_period: first year × 10 + part (0 input wave, 1 and 2 semesters, 9 year); 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.period_code IS 'Код периода — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (входной мониторинг) или 2022-2023 (год). / Period code — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (input wave) or 2022-2023 (year).';
COMMENT ON COLUMN vekha_bi.v_indicator_published.period_label IS 'Период — Название периода; по алфавиту полугодия одного года стоят по порядку. / Period — Name of the period in Russian; sorted as text the parts of a year stand in order.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.school_year IS 'Учебный год — 2022-2023. / School year — 2022-2023.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.period_part IS 'Часть года — T0, H1, H2 или Y. / Part of the year — T0, H1, H2 or Y.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.indicator_key IS 'Ключ показателя — Числовой ключ версии показателя в v_indicator_def; 0: неизвестно. / Indicator key — Integer key of the indicator''s version in v_indicator_def; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.indicator_code IS 'Код показателя — I01…I18, собственные показатели, A — итоговое достижение. / Indicator code — I01…I18, own indicators, A is the composite achievement.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.indicator_name IS 'Показатель — Название показателя. / Indicator — Name of the indicator, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.indicator_version IS 'Версия показателя — Версия определения показателя. / Indicator version — Version of the indicator''s definition.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.is_additive IS 'Складывается — Строка нижнего уровня: суммы числителей и знаменателей таких строк дают территорию. Итог A не складывается никогда. / Adds up — A row of the lowest level: sums of numerators and denominators of such rows give the territory''s. The composite A never adds up.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.numerator IS 'Числитель — Складывать можно строки is_additive одного показателя. Пусто, если значение скрыто. / Numerator — Rows of is_additive of one indicator may be added. Empty where the value is suppressed.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.denominator IS 'Знаменатель — Складывать можно строки is_additive одного показателя. Пусто, если значение скрыто. / Denominator — Rows of is_additive of one indicator may be added. Empty where the value is suppressed.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.achieved_ratio_row IS 'Значение строки (не усреднять) — Числитель к знаменателю этой строки. Для нескольких строк: SUM(numerator) / SUM(denominator). / Value of the row (never average) — Numerator over denominator of this row. Of several rows: SUM(numerator) / SUM(denominator).';
COMMENT ON COLUMN vekha_bi.v_indicator_published.target_ratio IS 'Цель — Целевое значение. Для нескольких строк: SUM(target_ratio × denominator) / SUM(denominator). / Target — The value to be reached. Of several rows: SUM(target_ratio × denominator) / SUM(denominator).';
COMMENT ON COLUMN vekha_bi.v_indicator_published.achievement IS 'Достижение цели — Насколько достигнута цель, от 0 до 1; у A — само значение. / Achievement — How far the target is reached, 0 to 1; of A the value itself.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.weight IS 'Вес — Вес показателя в итоге A; у A — сумма применимых весов. / Weight — Weight of the indicator in A; of A the weight that applies.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.status IS 'Состояние значения — ok, no_data (нет данных), suppressed (скрыто: мало случаев), not_applicable (не применяется). / Status of the value — ok, no_data, suppressed (too few cases), not_applicable.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.suppressed IS 'Скрыто — Числа скрыты, чтобы никого нельзя было узнать. / Suppressed — The figures are hidden, so that nobody can be recognised.';
COMMENT ON COLUMN vekha_bi.v_indicator_published.as_of IS 'Данные на — На какой момент верна строка. / As of — The moment for which the row holds.';

CREATE OR REPLACE VIEW vekha_bi.v_obligation WITH (security_invoker = true) AS
SELECT
    t.obligation_id,
    t.plan_row_key,
    t.plan_code,
    t.row_no,
    t.org_key,
    t.org_code,
    t.org_name,
    t.region_code,
    t.region_name,
    t.municipality_code,
    t.municipality_name,
    t.current_municipality_name,
    t.item_code,
    t.item_name,
    t.title,
    t.holder,
    t.phase,
    t.phase_name,
    t.phase_order,
    t.timeliness,
    t.start_on,
    t.stated_due_on,
    t.effective_due_on,
    t.done_on,
    t.recorded_at,
    t.lateness_days,
    t.is_overdue,
    t.is_done,
    t.is_excused,
    t.reached_scheduled,
    t.reached_submitted,
    t.reached_accepted,
    t.due_period,
    t.due_period_label,
    t.measures_period,
    t.moves,
    t.returns,
    t.version_seq,
    (SELECT w.as_of FROM vekha_bi_1.watermark w WHERE w.feed = 'vekha') AS as_of
FROM vekha_bi_1.obligation_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_obligation TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_obligation IS 'Обязательства — одно обязательство, текущее состояние / Obligations — one obligation, present state';
COMMENT ON COLUMN vekha_bi.v_obligation.obligation_id IS 'Обязательство — План/строка/организация/предмет. / Obligation — plan/row/organisation/item.';
COMMENT ON COLUMN vekha_bi.v_obligation.plan_row_key IS 'Ключ строки плана — Числовой ключ строки в v_plan_row; 0: неизвестно. / Plan row key — Integer key of the row in v_plan_row; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_obligation.plan_code IS 'План — Код плана. / Plan — Code of the plan.';
COMMENT ON COLUMN vekha_bi.v_obligation.row_no IS 'Строка плана — Номер строки, например 9.2. / Row of the plan — Number of the row, such as 9.2.';
COMMENT ON COLUMN vekha_bi.v_obligation.org_key IS 'Ключ организации — Числовой ключ версии организации в v_org; 0: неизвестно. / Organisation key — Integer key of the organisation''s version in v_org; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_obligation.org_code IS 'Код организации — Код организации или территории, неизменный; «-»: неизвестно. / Organisation code — Code of the organisation or territory; it never changes; -: unknown.';
COMMENT ON COLUMN vekha_bi.v_obligation.org_name IS 'Организация — Название организации или территории. / Organisation — Name of the organisation or territory, in Russian.';
COMMENT ON COLUMN vekha_bi.v_obligation.region_code IS 'Код региона — Код региона; «-», где его нет: у страны, у событий без организации. / Region code — Code of the region; - where there is none: of the country, of events without an organisation.';
COMMENT ON COLUMN vekha_bi.v_obligation.region_name IS 'Регион — Название региона. / Region — Name of the region, in Russian.';
COMMENT ON COLUMN vekha_bi.v_obligation.municipality_code IS 'Код муниципалитета — Код муниципалитета, в котором строка учтена; пусто, где его нет. / Municipality code — Code of the municipality that the row is counted in; empty where there is none.';
COMMENT ON COLUMN vekha_bi.v_obligation.municipality_name IS 'Муниципалитет — Муниципалитет, в котором строка учтена (как было). Панели Superset берут его. / Municipality — The municipality that the row is counted in (as it was). The dashboards use this one.';
COMMENT ON COLUMN vekha_bi.v_obligation.current_municipality_name IS 'Муниципалитет (сейчас) — Муниципалитет, к которому организация относится сейчас. / Municipality now — The municipality that the organisation belongs to now.';
COMMENT ON COLUMN vekha_bi.v_obligation.item_code IS 'Предмет — Часть строки: месяц, направление, день; «-», где строка одна. / Item — Part of the row: month, direction, day; - where the row has one.';
COMMENT ON COLUMN vekha_bi.v_obligation.item_name IS 'Название предмета — Название части строки. / Name of the item — Name of the part, in Russian.';
COMMENT ON COLUMN vekha_bi.v_obligation.title IS 'Ожидаемый результат — Результат строки плана. / Result expected — The row''s result, in Russian.';
COMMENT ON COLUMN vekha_bi.v_obligation.holder IS 'Исполнитель — Кто отвечает: school-head, код организации или код лица. / Holder — Who answers: school-head, code of an organisation or code of a person.';
COMMENT ON COLUMN vekha_bi.v_obligation.phase IS 'Фаза — unscheduled, open, submitted, returned, accepted, excused, cancelled или not_applicable. / Phase — unscheduled, open, submitted, returned, accepted, excused, cancelled or not_applicable.';
COMMENT ON COLUMN vekha_bi.v_obligation.phase_name IS 'Фаза (название) — Название фазы. / Name of the phase — Name of the phase, in Russian.';
COMMENT ON COLUMN vekha_bi.v_obligation.phase_order IS 'Порядок фазы — 1 ждёт срока, 2 открыто, 3 возвращено, 4 на приёмке, 5 снято с контроля, 6 освобождено, 7 отменено, 8 не применяется. / Order of the phase — 1 unscheduled, 2 open, 3 returned, 4 submitted, 5 accepted, 6 excused, 7 cancelled, 8 not applicable.';
COMMENT ON COLUMN vekha_bi.v_obligation.timeliness IS 'Своевременность — none, upcoming, in_window, due_soon, due_today, overdue, early, on_time или late. / Timeliness — none, upcoming, in_window, due_soon, due_today, overdue, early, on_time or late.';
COMMENT ON COLUMN vekha_bi.v_obligation.start_on IS 'Начало — Первый день окна. / Begins — First day of the window.';
COMMENT ON COLUMN vekha_bi.v_obligation.stated_due_on IS 'Срок по плану — Срок, как его называет план или график. / Stated deadline — The deadline that plan or schedule state.';
COMMENT ON COLUMN vekha_bi.v_obligation.effective_due_on IS 'Срок действующий — Срок после переносов и правила выходных. / Deadline in effect — The deadline after moves and the weekend rule.';
COMMENT ON COLUMN vekha_bi.v_obligation.done_on IS 'Исполнено — День, который засчитан. / Done — The day that counts.';
COMMENT ON COLUMN vekha_bi.v_obligation.recorded_at IS 'Записано — Когда журнал принял отчёт или событие. / Recorded — When the log took the report or event.';
COMMENT ON COLUMN vekha_bi.v_obligation.lateness_days IS 'Дней просрочки — Дней после срока: до исполнения или до сегодня; 0, если в срок; пусто, пока срок не наступил. / Days late — Days behind the deadline, until done or until today; 0 in time; empty before the deadline.';
COMMENT ON COLUMN vekha_bi.v_obligation.is_overdue IS 'Просрочено — Срок прошёл, исполнения нет. / Overdue — The deadline is over and nothing is in.';
COMMENT ON COLUMN vekha_bi.v_obligation.is_done IS 'Исполнено (да/нет) — Есть отчёт, который засчитан. / Is done — There is a report that counts.';
COMMENT ON COLUMN vekha_bi.v_obligation.is_excused IS 'Освобождено — Освобождено от исполнения. / Excused — Released from fulfilment.';
COMMENT ON COLUMN vekha_bi.v_obligation.reached_scheduled IS 'Со сроком — 1, если срок известен и обязательство действует: ступень воронки. / Reached: scheduled — 1 where a deadline is known and the obligation is in force: a step of the funnel.';
COMMENT ON COLUMN vekha_bi.v_obligation.reached_submitted IS 'Сдано — 1, если отчёт сдан и не отозван: ступень воронки. / Reached: submitted — 1 where a report is in and not withdrawn: a step of the funnel.';
COMMENT ON COLUMN vekha_bi.v_obligation.reached_accepted IS 'Снято с контроля — 1, если принято: ступень воронки. / Reached: accepted — 1 where it is accepted: a step of the funnel.';
COMMENT ON COLUMN vekha_bi.v_obligation.due_period IS 'Период срока — Полугодие, в которое попадает срок. / Period of the deadline — The semester that the deadline lies in.';
COMMENT ON COLUMN vekha_bi.v_obligation.due_period_label IS 'Полугодие срока — Название полугодия, в которое попадает срок. / Semester of the deadline — Name of the semester that the deadline lies in.';
COMMENT ON COLUMN vekha_bi.v_obligation.measures_period IS 'Измеряемый период — Период, о котором отчёт. / Period measured — The period that the report is about.';
COMMENT ON COLUMN vekha_bi.v_obligation.moves IS 'Переносов — Сколько раз срок переносили. / Moves — How often the deadline was moved.';
COMMENT ON COLUMN vekha_bi.v_obligation.returns IS 'Возвратов — Сколько раз отчёт возвращали. / Returns — How often the report was returned.';
COMMENT ON COLUMN vekha_bi.v_obligation.version_seq IS 'Версия обязательства — Номер последнего события об этом обязательстве. / Version of the obligation — Position of the last event on this obligation.';
COMMENT ON COLUMN vekha_bi.v_obligation.as_of IS 'Данные на — На какой момент верна строка. / As of — The moment for which the row holds.';

CREATE OR REPLACE VIEW vekha_bi.v_event WITH (security_invoker = true) AS
SELECT
    t.stream_seq,
    t.event_id,
    t.event_type,
    t.event_name,
    t.event_group,
    t.event_group_name,
    t.occurred_on,
    t.recorded_at,
    t.recorded_on,
    t.recorded_hour,
    t.backdated_days,
    t.is_backdated,
    t.is_correction,
    t.is_retraction,
    t.is_on_behalf,
    t.is_void,
    t.actor_code,
    t.role,
    t.role_name,
    t.on_behalf_of,
    t.org_key,
    t.org_code,
    t.org_name,
    t.region_code,
    t.region_name,
    t.municipality_code,
    t.municipality_name,
    t.plan_code,
    t.row_no,
    t.obligation_id
FROM vekha_bi_1.event_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_event TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_event IS 'События — одно событие журнала: кто, что и когда сделал / Events — one event of the log: who did what and when';
COMMENT ON COLUMN vekha_bi.v_event.stream_seq IS 'Номер события — Номер события в журнале, с 1, без пропусков. / Position — Position of the event in the log, from 1, without gaps.';
COMMENT ON COLUMN vekha_bi.v_event.event_id IS 'Код события — UUID события: по нему событие находится в журнале. / Event id — UUID of the event: the log finds it by this.';
COMMENT ON COLUMN vekha_bi.v_event.event_type IS 'Тип события — Например, report.accepted; все типы — в docs/events.md. / Type of event — Such as report.accepted; docs/events.md has all types.';
COMMENT ON COLUMN vekha_bi.v_event.event_name IS 'Событие — Что сделано, словами. / Event — What was done, in Russian words.';
COMMENT ON COLUMN vekha_bi.v_event.event_group IS 'Вид события — submission, acceptance, return, correction, retraction, extension, excuse, schedule, delegation, proposal, plan, registry, bulk, other. / Kind of event — submission, acceptance, return, correction, retraction, extension, excuse, schedule, delegation, proposal, plan, registry, bulk, other.';
COMMENT ON COLUMN vekha_bi.v_event.event_group_name IS 'Вид события (название) — Название вида события. / Name of the kind of event — Name of the kind of event, in Russian.';
COMMENT ON COLUMN vekha_bi.v_event.occurred_on IS 'День события — День, который называет тот, кто действовал. / Day it happened — The day that the actor claims.';
COMMENT ON COLUMN vekha_bi.v_event.recorded_at IS 'Записано — Когда журнал принял отчёт или событие. / Recorded — When the log took the report or event.';
COMMENT ON COLUMN vekha_bi.v_event.recorded_on IS 'День записи — Местный день записи. / Day it was recorded — Local day of the recording.';
COMMENT ON COLUMN vekha_bi.v_event.recorded_hour IS 'Час записи — Местный час записи, 0–23. / Hour it was recorded — Local hour of the recording, 0 to 23.';
COMMENT ON COLUMN vekha_bi.v_event.backdated_days IS 'Дней задним числом — На сколько дней день события раньше дня записи; 0, если в тот же день. / Days back-dated — By how many days the day it happened lies before the day it was recorded; 0 on the same day.';
COMMENT ON COLUMN vekha_bi.v_event.is_backdated IS 'Задним числом — День события раньше дня записи. / Back-dated — The day it happened lies before the day it was recorded.';
COMMENT ON COLUMN vekha_bi.v_event.is_correction IS 'Исправление — Событие исправляет факт. / Correction — The event corrects a fact.';
COMMENT ON COLUMN vekha_bi.v_event.is_retraction IS 'Отзыв — Событие отзывает факт или отчёт. / Retraction — The event takes back a fact or report.';
COMMENT ON COLUMN vekha_bi.v_event.is_on_behalf IS 'За другого — Действовал заместитель по полномочию. / On behalf — A substitute acted under a grant.';
COMMENT ON COLUMN vekha_bi.v_event.is_void IS 'Без действия — Записано, но ничего не изменило: основание исчезло раньше. / Without effect — Recorded without effect: its ground was gone.';
COMMENT ON COLUMN vekha_bi.v_event.actor_code IS 'Кто — Код лица; имён здесь нет. / Actor — Code of the person; there are no names here.';
COMMENT ON COLUMN vekha_bi.v_event.role IS 'Роль — ministry, coordinator, school, auditor, bi, admin, importer или system. / Role — ministry, coordinator, school, auditor, bi, admin, importer or system.';
COMMENT ON COLUMN vekha_bi.v_event.role_name IS 'Роль (название) — Название роли. / Name of the role — Name of the role, in Russian.';
COMMENT ON COLUMN vekha_bi.v_event.on_behalf_of IS 'За кого — Код лица, за которое действовал заместитель. / On behalf of — Code of the person for whom a substitute acted.';
COMMENT ON COLUMN vekha_bi.v_event.org_key IS 'Ключ организации — Числовой ключ версии организации в v_org; 0: неизвестно. / Organisation key — Integer key of the organisation''s version in v_org; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_event.org_code IS 'Код организации — Код организации или территории, неизменный; «-»: неизвестно. / Organisation code — Code of the organisation or territory; it never changes; -: unknown.';
COMMENT ON COLUMN vekha_bi.v_event.org_name IS 'Организация — Название организации или территории. / Organisation — Name of the organisation or territory, in Russian.';
COMMENT ON COLUMN vekha_bi.v_event.region_code IS 'Код региона — Код региона; «-», где его нет: у страны, у событий без организации. / Region code — Code of the region; - where there is none: of the country, of events without an organisation.';
COMMENT ON COLUMN vekha_bi.v_event.region_name IS 'Регион — Название региона. / Region — Name of the region, in Russian.';
COMMENT ON COLUMN vekha_bi.v_event.municipality_code IS 'Код муниципалитета — Код муниципалитета, в котором строка учтена; пусто, где его нет. / Municipality code — Code of the municipality that the row is counted in; empty where there is none.';
COMMENT ON COLUMN vekha_bi.v_event.municipality_name IS 'Муниципалитет — Муниципалитет, в котором строка учтена (как было). Панели Superset берут его. / Municipality — The municipality that the row is counted in (as it was). The dashboards use this one.';
COMMENT ON COLUMN vekha_bi.v_event.plan_code IS 'План — Код плана. / Plan — Code of the plan.';
COMMENT ON COLUMN vekha_bi.v_event.row_no IS 'Строка плана — Номер строки, например 9.2. / Row of the plan — Number of the row, such as 9.2.';
COMMENT ON COLUMN vekha_bi.v_event.obligation_id IS 'Обязательство — План/строка/организация/предмет. / Obligation — plan/row/organisation/item.';

CREATE OR REPLACE VIEW vekha_bi.v_org AS
SELECT
    t.org_key,
    t.org_code,
    t.org_name,
    t.org_name_en,
    t.org_kind,
    t.region_code,
    t.region_name,
    t.municipality_code,
    t.municipality_name,
    t.current_municipality_name,
    t.valid_from,
    t.valid_to,
    t.is_current
FROM vekha_bi_1.org_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_org TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_org IS 'Организации — версия организации или территории: новая строка, когда организация переходит в другой муниципалитет / Organisations — version of an organisation or territory: a new row when it moves to another municipality';
COMMENT ON COLUMN vekha_bi.v_org.org_key IS 'Ключ организации — Числовой ключ версии организации в v_org; 0: неизвестно. / Organisation key — Integer key of the organisation''s version in v_org; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_org.org_code IS 'Код организации — Код организации или территории, неизменный; «-»: неизвестно. / Organisation code — Code of the organisation or territory; it never changes; -: unknown.';
COMMENT ON COLUMN vekha_bi.v_org.org_name IS 'Организация — Название организации или территории. / Organisation — Name of the organisation or territory, in Russian.';
COMMENT ON COLUMN vekha_bi.v_org.org_name_en IS 'Организация (англ.) — Название по-английски. / Organisation in English — Name in English.';
COMMENT ON COLUMN vekha_bi.v_org.org_kind IS 'Вид организации — school, authority, municipality, region, country, direction или unknown. / Kind of organisation — school, authority, municipality, region, country, direction or unknown.';
COMMENT ON COLUMN vekha_bi.v_org.region_code IS 'Код региона — Код региона; «-», где его нет: у страны, у событий без организации. / Region code — Code of the region; - where there is none: of the country, of events without an organisation.';
COMMENT ON COLUMN vekha_bi.v_org.region_name IS 'Регион — Название региона. / Region — Name of the region, in Russian.';
COMMENT ON COLUMN vekha_bi.v_org.municipality_code IS 'Код муниципалитета — Код муниципалитета, в котором строка учтена; пусто, где его нет. / Municipality code — Code of the municipality that the row is counted in; empty where there is none.';
COMMENT ON COLUMN vekha_bi.v_org.municipality_name IS 'Муниципалитет — Муниципалитет, в котором строка учтена (как было). Панели Superset берут его. / Municipality — The municipality that the row is counted in (as it was). The dashboards use this one.';
COMMENT ON COLUMN vekha_bi.v_org.current_municipality_name IS 'Муниципалитет (сейчас) — Муниципалитет, к которому организация относится сейчас. / Municipality now — The municipality that the organisation belongs to now.';
COMMENT ON COLUMN vekha_bi.v_org.valid_from IS 'Действует с — Первый день этой версии строки; пусто: с начала. / Valid from — First day of this version; empty: from the beginning.';
COMMENT ON COLUMN vekha_bi.v_org.valid_to IS 'Действует по — Последний день этой версии; пусто: действует сейчас. / Valid until — Last day of this version; empty: it holds now.';
COMMENT ON COLUMN vekha_bi.v_org.is_current IS 'Текущая версия — Эта версия действует сейчас. / Current version — This version holds now.';

CREATE OR REPLACE VIEW vekha_bi.v_period AS
SELECT
    t.period_key,
    t.period_code,
    t.period_label,
    t.period_label_en,
    t.school_year,
    t.period_part,
    t.starts_on,
    t.ends_on
FROM vekha_bi_1.period_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_period TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_period IS 'Периоды — полугодие, волна мониторинга или учебный год / Periods — semester, monitoring wave or school year';
COMMENT ON COLUMN vekha_bi.v_period.period_key IS 'Ключ периода — Числовой ключ периода в v_period: год начала × 10 + часть (0 вход, 1 и 2 полугодия, 9 год); 0: неизвестно. / Period key — Integer key of the period in v_period: first year × 10 + part (0 input wave, 1 and 2 semesters, 9 year); 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_period.period_code IS 'Код периода — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (входной мониторинг) или 2022-2023 (год). / Period code — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (input wave) or 2022-2023 (year).';
COMMENT ON COLUMN vekha_bi.v_period.period_label IS 'Период — Название периода; по алфавиту полугодия одного года стоят по порядку. / Period — Name of the period in Russian; sorted as text the parts of a year stand in order.';
COMMENT ON COLUMN vekha_bi.v_period.period_label_en IS 'Период (англ.) — Название периода по-английски. / Period in English — Name of the period in English.';
COMMENT ON COLUMN vekha_bi.v_period.school_year IS 'Учебный год — 2022-2023. / School year — 2022-2023.';
COMMENT ON COLUMN vekha_bi.v_period.period_part IS 'Часть года — T0, H1, H2 или Y. / Part of the year — T0, H1, H2 or Y.';
COMMENT ON COLUMN vekha_bi.v_period.starts_on IS 'Начало периода — Первый день периода. / Period begins — First day of the period.';
COMMENT ON COLUMN vekha_bi.v_period.ends_on IS 'Конец периода — Последний день периода. / Period ends — Last day of the period.';

CREATE OR REPLACE VIEW vekha_bi.v_indicator_def AS
SELECT
    t.indicator_key,
    t.indicator_code,
    t.indicator_version,
    t.indicator_name,
    t.indicator_name_en,
    t.unit_code,
    t.better_code,
    t.target_ratio,
    t.weight,
    t.numerator_text,
    t.denominator_text
FROM vekha_bi_1.indicator_def_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_indicator_def TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_indicator_def IS 'Определения показателей — версия показателя / Definitions of indicators — version of an indicator';
COMMENT ON COLUMN vekha_bi.v_indicator_def.indicator_key IS 'Ключ показателя — Числовой ключ версии показателя в v_indicator_def; 0: неизвестно. / Indicator key — Integer key of the indicator''s version in v_indicator_def; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.indicator_code IS 'Код показателя — I01…I18, собственные показатели, A — итоговое достижение. / Indicator code — I01…I18, own indicators, A is the composite achievement.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.indicator_version IS 'Версия показателя — Версия определения показателя. / Indicator version — Version of the indicator''s definition.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.indicator_name IS 'Показатель — Название показателя. / Indicator — Name of the indicator, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.indicator_name_en IS 'Показатель (англ.) — Название показателя по-английски. / Indicator in English — Name of the indicator in English.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.unit_code IS 'Единица — share (доля), days (дни), points (процентные пункты) или другая. / Unit — share, days, points or another.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.better_code IS 'Что лучше — up: больше — лучше; down: меньше — лучше. / Better — up: more is better; down: less is better.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.target_ratio IS 'Цель — Целевое значение. Для нескольких строк: SUM(target_ratio × denominator) / SUM(denominator). / Target — The value to be reached. Of several rows: SUM(target_ratio × denominator) / SUM(denominator).';
COMMENT ON COLUMN vekha_bi.v_indicator_def.weight IS 'Вес — Вес показателя в итоге A; у A — сумма применимых весов. / Weight — Weight of the indicator in A; of A the weight that applies.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.numerator_text IS 'Числитель словами — Что считает числитель. / Numerator in words — What the numerator counts, in Russian.';
COMMENT ON COLUMN vekha_bi.v_indicator_def.denominator_text IS 'Знаменатель словами — Что считает знаменатель. / Denominator in words — What the denominator counts, in Russian.';

CREATE OR REPLACE VIEW vekha_bi.v_plan_row AS
SELECT
    t.plan_row_key,
    t.plan_code,
    t.school_year,
    t.activity_no,
    t.activity_title,
    t.activity_title_en,
    t.row_no,
    t.row_order,
    t.title,
    t.title_en,
    t.deadline_raw,
    t.deadline_kind
FROM vekha_bi_1.plan_row_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_plan_row TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_plan_row IS 'Строки планов — строка плана / Rows of plans — row of a plan';
COMMENT ON COLUMN vekha_bi.v_plan_row.plan_row_key IS 'Ключ строки плана — Числовой ключ строки в v_plan_row; 0: неизвестно. / Plan row key — Integer key of the row in v_plan_row; 0: unknown.';
COMMENT ON COLUMN vekha_bi.v_plan_row.plan_code IS 'План — Код плана. / Plan — Code of the plan.';
COMMENT ON COLUMN vekha_bi.v_plan_row.school_year IS 'Учебный год — 2022-2023. / School year — 2022-2023.';
COMMENT ON COLUMN vekha_bi.v_plan_row.activity_no IS 'Мероприятие — Номер мероприятия плана. / Activity — Number of the plan''s activity.';
COMMENT ON COLUMN vekha_bi.v_plan_row.activity_title IS 'Название мероприятия — Как в плане. / Activity title — As in the plan, in Russian.';
COMMENT ON COLUMN vekha_bi.v_plan_row.activity_title_en IS 'Мероприятие (англ.) — Название по-английски. / Activity in English — Title in English.';
COMMENT ON COLUMN vekha_bi.v_plan_row.row_no IS 'Строка плана — Номер строки, например 9.2. / Row of the plan — Number of the row, such as 9.2.';
COMMENT ON COLUMN vekha_bi.v_plan_row.row_order IS 'Порядок строки — Порядок строки в плане, с 1. / Order of the row — Place of the row in the plan, from 1.';
COMMENT ON COLUMN vekha_bi.v_plan_row.title IS 'Ожидаемый результат — Результат строки плана. / Result expected — The row''s result, in Russian.';
COMMENT ON COLUMN vekha_bi.v_plan_row.title_en IS 'Результат (англ.) — Результат по-английски. / Result in English — The result in English.';
COMMENT ON COLUMN vekha_bi.v_plan_row.deadline_raw IS 'Срок в плане — Срок словами плана. / Deadline in the plan — The deadline in the plan''s words.';
COMMENT ON COLUMN vekha_bi.v_plan_row.deadline_kind IS 'Вид срока — by_date, on_date, window, open_start, continuous, recurring, by_schedule, by_regulation, relative, on_demand, set или invalid. / Kind of deadline — by_date, on_date, window, open_start, continuous, recurring, by_schedule, by_regulation, relative, on_demand, set or invalid.';

CREATE OR REPLACE VIEW vekha_bi.v_control_total AS
SELECT
    t.data_set,
    t.total_code,
    t.period_code,
    t.period_label,
    t.indicator_code,
    t.total,
    (SELECT w.as_of FROM vekha_bi_1.watermark w WHERE w.feed = 'vekha') AS as_of
FROM vekha_bi_1.control_total_g1 t
WHERE NOT t.is_deleted;
GRANT SELECT ON vekha_bi.v_control_total TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_control_total IS 'Контрольные итоги — итог × набор × период × показатель, по всей территории: сверьте с суммой в своём инструменте / Control totals — total × set × period × indicator, of the whole territory: compare with your tool''s sum';
COMMENT ON COLUMN vekha_bi.v_control_total.data_set IS 'Набор данных — Имя набора, к которому относится итог. / Data set — The data set that the total is of.';
COMMENT ON COLUMN vekha_bi.v_control_total.total_code IS 'Код итога — rows, overdue, numerator, denominator или value: что сверяется. / Total — rows, overdue, numerator, denominator or value: what is compared.';
COMMENT ON COLUMN vekha_bi.v_control_total.period_code IS 'Код периода — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (входной мониторинг) или 2022-2023 (год). / Period code — 2022-2023.H1, 2022-2023.H2, 2022-2023.T0 (input wave) or 2022-2023 (year).';
COMMENT ON COLUMN vekha_bi.v_control_total.period_label IS 'Период — Название периода; по алфавиту полугодия одного года стоят по порядку. / Period — Name of the period in Russian; sorted as text the parts of a year stand in order.';
COMMENT ON COLUMN vekha_bi.v_control_total.indicator_code IS 'Код показателя — I01…I18, собственные показатели, A — итоговое достижение. / Indicator code — I01…I18, own indicators, A is the composite achievement.';
COMMENT ON COLUMN vekha_bi.v_control_total.total IS 'Итог — Число, с которым сверяется сумма в инструменте. / Total''s value — The number that a tool''s sum is compared with.';
COMMENT ON COLUMN vekha_bi.v_control_total.as_of IS 'Данные на — На какой момент верна строка. / As of — The moment for which the row holds.';

CREATE OR REPLACE VIEW vekha_bi.v_watermark AS
SELECT
    t.feed,
    t.schema_version,
    t.epoch,
    t.last_seq,
    t.as_of,
    t.rows_total
FROM vekha_bi_1.watermark t;
GRANT SELECT ON vekha_bi.v_watermark TO vekha_bi_reader;
COMMENT ON VIEW vekha_bi.v_watermark IS 'Свежесть — поток: одна строка / Freshness — feed: one row';
COMMENT ON COLUMN vekha_bi.v_watermark.feed IS 'Поток — Имя потока: vekha. / Feed — Name of the feed: vekha.';
COMMENT ON COLUMN vekha_bi.v_watermark.schema_version IS 'Версия схемы — Версия договора о данных. / Schema version — Version of the data contract.';
COMMENT ON COLUMN vekha_bi.v_watermark.epoch IS 'Эпоха журнала — Номера событий сравнимы только в одной эпохе. / Epoch of the log — Positions compare within one epoch only.';
COMMENT ON COLUMN vekha_bi.v_watermark.last_seq IS 'Последнее событие — Номер последнего события, которое учтено. / Last position — Position of the last event that is contained.';
COMMENT ON COLUMN vekha_bi.v_watermark.as_of IS 'Данные на — На какой момент верна строка. / As of — The moment for which the row holds.';
COMMENT ON COLUMN vekha_bi.v_watermark.rows_total IS 'Строк всего — Строк во всех наборах. / Rows in all — Rows of all sets together.';
