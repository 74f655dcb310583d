//! The log, the registry, plans, and what is true of more than one obligation.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Direction, FreeText};
use crate::id::{EntityCode, ItemCode, MunicipalityCode, OrgCode, PlanCode, RegionCode, RowNo};
use crate::plan::Plan;
use crate::region::RegionRules;

details! {
    /// `log.opened`: the first event of every log.
    LogOpened {
        /// Names this log; a restored log gets another (`architecture.md` 17).
        epoch: String,
        /// Version of the event schema.
        schema: u16,
    }
    /// `region.configured`: the rules of a region from here on.
    RegionConfigured {
        /// The rules.
        rules: RegionRules,
    }
    /// `org.registered`: a school or authority entered the registry.
    OrgRegistered {
        /// Its code.
        code: OrgCode,
        /// What it is.
        kind: OrgKind,
        /// Its name in Russian.
        name_ru: String,
        /// Its name in English.
        name_en: String,
        /// Its region.
        region: RegionCode,
        /// Its municipality; authorities of a whole region have none.
        #[serde(default, skip_serializing_if = "Option::is_none")] municipality: Option<MunicipalityRef>,
    }
    /// The municipality of an organisation.
    MunicipalityRef {
        /// Its code.
        code: MunicipalityCode,
        /// Its name in Russian.
        name_ru: String,
        /// Its name in English.
        name_en: String,
    }
    /// `plan.imported`: a plan document was read, with its profile.
    PlanImported {
        /// The plan.
        plan: Plan,
    }
    /// `plan.activated`: a plan became obligations of these schools and authorities.
    PlanActivated {
        /// The plan.
        plan: PlanCode,
        /// The region that activates it.
        region: RegionCode,
        /// The participating schools.
        schools: Vec<OrgCode>,
        /// Which code of the plan each authority stands for here: `mo-pk` may be another region's ministry.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] authorities: Vec<AuthorityRef>,
        /// The order behind it.
        basis: String,
        /// Version of the expansion in code.
        expander: u16,
        /// How many obligations it made.
        count: u32,
        /// SHA-256 over the sorted obligation ids, hexadecimal.
        sha256: String,
    }
    /// Who plays an authority of the plan in one region.
    AuthorityRef {
        /// The authority as the plan's profile names it.
        role: OrgCode,
        /// The organisation of this region.
        org: OrgCode,
    }
    /// `import.opened` and `import.closed`: between them an importer may claim earlier times.
    ImportMark {
        /// The earlier system.
        source: String,
    }
    /// `plan.approved`: the plan's wording was approved.
    PlanApproved {
        /// The plan.
        plan: PlanCode,
        /// The order behind it.
        order: String,
    }
    /// `plan.anomaly_resolved`: a person settled what the importer found odd.
    AnomalyResolved {
        /// The plan.
        plan: PlanCode,
        /// The row, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")] row: Option<RowNo>,
        /// The field.
        field: String,
        /// What the document says.
        found: String,
        /// What it means.
        value: String,
        /// By which rule, or by whose word.
        rule: String,
    }
    /// `plan.amended`: rows of a plan in force were moved or removed.
    PlanAmended {
        /// The plan.
        plan: PlanCode,
        /// The region in which it is in force.
        region: RegionCode,
        /// What changes.
        ops: Vec<AmendOp>,
        /// The document behind it.
        basis: String,
    }
    /// One change of a plan.
    AmendOp {
        /// The row.
        row: RowNo,
        /// What becomes of it.
        change: AmendChange,
        /// The new last day, where it moves.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] due: Option<Date>,
    }
    /// `plan.closed`: nothing is owed under the plan any more.
    PlanClosed {
        /// The plan.
        plan: PlanCode,
        /// The region.
        region: RegionCode,
        /// Its last day.
        #[schemars(with = "String")] closed_on: Date,
        /// The document behind it.
        basis: String,
    }
    /// `school.enrolled`: a school joined a plan in force; what fell due before does not apply to it.
    SchoolEnrolled {
        /// The plan.
        plan: PlanCode,
        /// The region.
        region: RegionCode,
        /// The school.
        school: OrgCode,
        /// Its cluster directions, where the order names them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")] directions: BTreeSet<Direction>,
        /// Its first day.
        #[schemars(with = "String")] joined_on: Date,
        /// The order behind it.
        basis: String,
        /// Version of the expansion in code.
        expander: u16,
        /// How many obligations it made.
        count: u32,
        /// SHA-256 over the sorted obligation ids, hexadecimal.
        sha256: String,
    }
    /// `school.withdrawn`: a school left a plan; what falls due from then on is cancelled.
    SchoolWithdrawn {
        /// The plan.
        plan: PlanCode,
        /// The region.
        region: RegionCode,
        /// The school.
        school: OrgCode,
        /// Its last day was the day before.
        #[schemars(with = "String")] left_on: Date,
        /// The order behind it.
        basis: String,
    }
    /// `class.opened`: a specialised class of a school.
    ClassOpened {
        /// The class, by code.
        class: EntityCode,
        /// The school.
        school: OrgCode,
        /// Grade, 1 to 11.
        grade: u8,
        /// Its cluster direction.
        direction: Direction,
        /// How many pupils.
        pupils: u32,
    }
    /// `checklist.approved`: one version of a checklist; scores compare within one version only.
    ChecklistApproved {
        /// The version, by code.
        checklist: EntityCode,
        /// Its title.
        title: String,
        /// Its items.
        items: Vec<ChecklistLine>,
        /// The version that it replaces, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")] replaces: Option<EntityCode>,
        /// The order behind it.
        basis: String,
    }
    /// One item of a checklist as approved.
    ChecklistLine {
        /// The item.
        item: ItemCode,
        /// What is asked.
        text: String,
        /// Points that can be reached.
        max: u32,
        /// The item of the version before that it compares with, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")] maps_to: Option<ItemCode>,
    }
    /// `monitoring.opened` (9, 13, 16, 18): a wave of monitoring began.
    MonitoringOpened {
        /// The monitoring, by code.
        monitoring: EntityCode,
        /// The region.
        region: RegionCode,
        /// What it measures.
        wave: Wave,
        /// The checklist of its self-diagnosis, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")] checklist: Option<EntityCode>,
    }
    /// `period.closed`: figures of a period are reported as they stand; later changes restate them.
    PeriodClosed {
        /// The region.
        region: RegionCode,
        /// The period, such as `2022-2023.H1`.
        period: String,
        /// The document behind it.
        basis: String,
    }
    /// `period.reopened`.
    PeriodReopened {
        /// The region.
        region: RegionCode,
        /// The period.
        period: String,
        /// Why.
        reason: FreeText,
    }
}

words! {
    /// What an organisation is.
    OrgKind { School, Authority }
    /// What becomes of a row of an amended plan.
    AmendChange { Move, Remove }
    /// What a monitoring measures.
    Wave { T0, H1, Info, Y }
}

impl OrgKind {
    /// The kind's name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Authority => "authority",
        }
    }
}
