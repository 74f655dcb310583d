//! Who may read which rows: a group, its grants, and policies on every set that is seen by territory.
//!
//! A login says where it belongs in the table `reader`, which it can neither read nor write. The policies ask for it by
//! `session_user`, which only a superuser can change; a setting would be the client's to choose.

use bi::{Contract, Set};

use super::{PROMISE, base, table_name};

/// The group of all readers.
pub(crate) const ROLE: &str = "vekha_bi_reader";
/// The table that says what each login sees.
pub(crate) const READERS: &str = "reader";

/// The group, the table of readers, and the function that tells a session its territory.
///
/// The function answers `{kind, region, municipality, organisation}`, nothing for a login that nobody added. It runs as
/// the owner, since readers must not see the table; the home of an organisation is looked up, since it may move.
pub(super) fn foundation(contract: &Contract) -> String {
    let base = base(contract);
    format!(
        "CREATE TABLE IF NOT EXISTS {base}.{READERS} (\n    \
             login text PRIMARY KEY,\n    \
             region_code text,\n    \
             municipality_code text,\n    \
             org_code text\n);\n\
         DO $$ BEGIN\n    \
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE} NOLOGIN; END IF;\n\
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;\n\
         END $$;\n\
         SET LOCAL check_function_bodies = off;\n\
         CREATE OR REPLACE FUNCTION {base}.territory() RETURNS text[]\n\
         LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$\n    \
             SELECT ARRAY[\n        \
                 CASE WHEN r.org_code IS NOT NULL THEN 'org' WHEN r.municipality_code IS NOT NULL THEN 'municipality'\n             \
                      WHEN r.region_code IS NOT NULL THEN 'region' ELSE 'all' END,\n        \
                 coalesce(r.region_code, o.region_code), coalesce(o.municipality_code, r.municipality_code), r.org_code]\n    \
             FROM {base}.{READERS} r LEFT JOIN LATERAL (\n        \
                 SELECT v.region_code, v.municipality_code FROM {PROMISE}.v_org v\n        \
                 WHERE v.org_code = r.org_code AND v.is_current AND v.region_code = coalesce(r.region_code, v.region_code)\n        \
                 ORDER BY v.org_key DESC LIMIT 1) o ON true\n    \
             WHERE r.login = session_user\n\
         $$;\n\
         REVOKE ALL ON FUNCTION {base}.territory() FROM PUBLIC;\n\
         GRANT EXECUTE ON FUNCTION {base}.territory() TO {ROLE};\n\
         GRANT USAGE ON SCHEMA {PROMISE} TO {ROLE};\n\
         GRANT SELECT ON {base}.watermark TO {ROLE};\n"
    )
}

/// What readers may see of a table. The others are read through their views only, with the owner's rights; nobody is
/// let into the schema of the tables itself.
pub(super) fn of_table(contract: &Contract, set: &Set, generation: i64) -> String {
    if !set.scoped {
        return String::new();
    }
    let (base, table) = (base(contract), table_name(set, generation));
    // As a subquery it is asked once for a statement, not once for a row.
    let mine = format!("(SELECT {base}.territory())");
    let region = format!("region_code = {mine}[2]");
    let municipality = format!("{region} AND municipality_code = {mine}[3]");
    let mut sees = vec![
        format!("{mine}[1] = 'all'"),
        format!("{mine}[1] = 'region' AND {region}"),
        format!("{mine}[1] = 'municipality' AND {municipality}"),
        format!("{mine}[1] = 'org' AND {region} AND org_code = {mine}[4]"),
    ];
    if set.column("level").is_some() {
        // Territories above one's own, to compare oneself with; never the country's.
        sees.push(format!("level IN ('region', 'direction') AND {region}"));
        sees.push(format!("level = 'municipality' AND {municipality}"));
    } else {
        // What concerns no organisation is everybody's who may read at all.
        sees.push(format!("org_code = '-' AND {mine}[1] IS NOT NULL"));
    }
    format!(
        "ALTER TABLE {base}.{table} ENABLE ROW LEVEL SECURITY;\n\
         CREATE POLICY by_territory ON {base}.{table} FOR SELECT TO {ROLE} USING (\n    {}\n);\n\
         GRANT SELECT ON {base}.{table} TO {ROLE};\n",
        sees.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join("\n    OR ")
    )
}
