//! `$metadata`: the model, plain CSDL in XML. Labels and descriptions stand in the dictionary: clients that choke on
//! annotations are known.

use ::bi::{Column, Kind, Set, contract};

/// The namespace of the model.
pub(super) const NAMESPACE: &str = "Vekha";

/// The document, in the version that is spoken.
pub(super) fn document(version: &str) -> String {
    let types: String = contract().sets.iter().map(entity).collect();
    let sets = contract()
        .sets
        .iter()
        .map(Set::short)
        .map(|name| format!("        <EntitySet Name=\"{name}\" EntityType=\"{NAMESPACE}.{name}\"/>\n"));
    let sets: String = sets.collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="{version}">
  <edmx:DataServices>
    <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="{NAMESPACE}">
{types}      <EntityContainer Name="Feed">
{sets}      </EntityContainer>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>
"#
    )
}

fn entity(set: &Set) -> String {
    let key: String = set.key.iter().map(|name| format!("          <PropertyRef Name=\"{name}\"/>\n")).collect();
    let columns = set.columns.iter().map(|column| {
        let nullable = if column.nullable { "" } else { " Nullable=\"false\"" };
        let precision = if column.kind == Kind::Instant { " Precision=\"6\"" } else { "" };
        let (name, kind) = (&column.name, edm(column));
        format!("        <Property Name=\"{name}\" Type=\"{kind}\"{nullable}{precision}/>\n")
    });
    let (name, columns) = (set.short(), columns.collect::<String>());
    format!("      <EntityType Name=\"{name}\">\n        <Key>\n{key}        </Key>\n{columns}      </EntityType>\n")
}

/// The primitive type of a column.
pub(super) fn edm(column: &Column) -> &'static str {
    match column.kind {
        Kind::Text => "Edm.String",
        Kind::Int => "Edm.Int64",
        Kind::Double => "Edm.Double",
        Kind::Bool => "Edm.Boolean",
        Kind::Date => "Edm.Date",
        Kind::Instant => "Edm.DateTimeOffset",
    }
}
