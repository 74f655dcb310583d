//! `vekha plan`: documents, deadlines, activation.

use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::deadline::SchoolYear;
use domain::plan::Plan;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::{ApiArgs, PlanArgs, PlanVerb, WrongUse};
use crate::client::Api;
use crate::out::Out;
use crate::table;

/// `vekha plan …`.
pub(crate) async fn run(args: PlanArgs, out: &mut Out) -> anyhow::Result<()> {
    match args.verb {
        PlanVerb::Import { file, school_year, profile, out: to } => {
            import(&file, school_year.as_deref(), profile.as_deref(), to.as_deref(), out)
        }
        PlanVerb::Deadline { text, school_year } => {
            let (deadline, _) = plan_import::wording::parse(&text, year(school_year.as_deref())?);
            out.line(serde_json::to_string_pretty(&deadline)?)
        }
        PlanVerb::Activate { plan, schools, region, basis, dry_run, api } => {
            activate(&Activation { plan, schools, region, basis, dry_run, api }, out).await
        }
    }
}

fn year(given: Option<&str>) -> anyhow::Result<Option<SchoolYear>> {
    given.map(|raw| raw.parse().map_err(|error| WrongUse(format!("--school-year {raw}: {error}")).into())).transpose()
}

fn import(
    file: &Path,
    school_year: Option<&str>,
    profile: Option<&Path>,
    to: Option<&Path>,
    out: &mut Out,
) -> anyhow::Result<()> {
    let text = text_of(file)?;
    let beside = file.with_extension("profile.json");
    let profile = profile.map(Path::to_owned).or_else(|| beside.is_file().then_some(beside));
    let profile = profile
        .map(|path| {
            let raw = text_of(&path)?;
            plan_import::Profile::parse(&raw).with_context(|| format!("{} is no plan profile", path.display()))
        })
        .transpose()?;
    let plan = plan_import::import(&text, profile.as_ref(), year(school_year)?)
        .with_context(|| format!("cannot read the plan {}", file.display()))?;
    out.line(&plan.title)?;
    let rows = plan.rows().count();
    out.line(format!(
        "{}: {} activities, {rows} rows, {} anomalies for a person to look at",
        plan.school_year,
        plan.activities.len(),
        plan.anomalies.len()
    ))?;
    out.line(table::anomalies(&plan.anomalies))?;
    if let Some(to) = to {
        let json = serde_json::to_string_pretty(&plan)?;
        std::fs::write(to, json).with_context(|| format!("cannot write {}", to.display()))?;
        out.line(format!("written to {}", to.display()))?;
    }
    Ok(())
}

fn text_of(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow::anyhow!("{} is not UTF-8 text: byte {at} does not fit; save it as UTF-8", file.display())
    })
}

struct Activation {
    plan: PathBuf,
    schools: PathBuf,
    region: String,
    basis: String,
    dry_run: bool,
    api: ApiArgs,
}

async fn activate(wanted: &Activation, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&wanted.api)?;
    let plan: Plan = serde_json::from_str(&text_of(&wanted.plan)?)
        .with_context(|| format!("{} is no plan as `vekha plan import --out` writes it", wanted.plan.display()))?;
    let code = plan.code.clone().context("the plan has no code: import it with a profile that names one")?;
    let schools = schools(&wanted.schools)?;
    // The same plan and schools give the same keys: a repeated activation is answered, not doubled.
    let key = |what: &str, bytes: &[u8]| format!("{what}-{}", domain::expand::hex(&Sha256::digest(bytes)[..16]));
    let imported = api.rows("/api/v1/plans", &[], usize::MAX).await?;
    if !imported.iter().any(|known| known["plan"] == code.as_str()) {
        let body = json!({"plan": plan});
        let receipt =
            api.command("import-plan", &key("import", body.to_string().as_bytes()), &body, wanted.dry_run).await?;
        out.line(format!("import-plan {code}: {receipt}"))?;
        if wanted.dry_run {
            return out.line("the activation can be tried once the plan is imported");
        }
    }
    let body = json!({"plan": code, "region": wanted.region, "schools": schools, "basis": wanted.basis});
    let receipt =
        api.command("activate-plan", &key("activate", body.to_string().as_bytes()), &body, wanted.dry_run).await?;
    out.line(format!("activate-plan {code} for {} schools: {receipt}", schools.len()))
}

/// One code a line, or a CSV with a column `code`.
fn schools(file: &Path) -> anyhow::Result<Vec<String>> {
    let text = text_of(file)?;
    let first = text.lines().next().unwrap_or_default();
    let header: Vec<&str> = first.split([',', ';', '\t']).map(str::trim).collect();
    let (at, skip) = match header.iter().position(|name| *name == "code") {
        Some(at) => (at, 1),
        None if header.len() == 1 => (0, 0),
        None => anyhow::bail!("{}: the first line has no column `code`", file.display()),
    };
    let codes: Vec<String> = text
        .lines()
        .skip(skip)
        .map(|line| line.split([',', ';', '\t']).nth(at).unwrap_or_default().trim().to_owned())
        .filter(|code| !code.is_empty())
        .collect();
    anyhow::ensure!(!codes.is_empty(), "{} names no school", file.display());
    Ok(codes)
}
