//! `$metadata`: the model, plain CSDL in XML. Labels and descriptions stand in the dictionary: clients that choke on
//! annotations are known.

use ::bi::{Column, Kind, Set, contract};

/// The namespace of the model.
pub(super) const NAMESPACE: &str = "Vekha";

/// The document, in the version that is spoken.
pub(super) fn document(version: &str) -> String {
    let mut lines = vec![
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
        format!("<edmx:Edmx xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\" Version=\"{version}\">"),
        "  <edmx:DataServices>".to_owned(),
        format!("    <Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" Namespace=\"{NAMESPACE}\">"),
    ];
    lines.extend(contract().sets.iter().flat_map(entity));
    lines.push("      <EntityContainer Name=\"Feed\">".to_owned());
    let sets = contract().sets.iter().map(Set::short);
    lines.extend(sets.map(|it| format!("        <EntitySet Name=\"{it}\" EntityType=\"{NAMESPACE}.{it}\"/>")));
    let ends = ["      </EntityContainer>", "    </Schema>", "  </edmx:DataServices>", "</edmx:Edmx>", ""];
    lines.extend(ends.map(ToOwned::to_owned));
    lines.join("\n")
}

/// The lines of one type.
fn entity(set: &Set) -> Vec<String> {
    let mut lines = vec![format!("      <EntityType Name=\"{}\">", set.short()), "        <Key>".to_owned()];
    lines.extend(set.key.iter().map(|name| format!("          <PropertyRef Name=\"{name}\"/>")));
    lines.push("        </Key>".to_owned());
    lines.extend(set.columns.iter().map(|column| {
        let nullable = if column.nullable { "" } else { " Nullable=\"false\"" };
        let precision = if column.kind == Kind::Instant { " Precision=\"6\"" } else { "" };
        format!("        <Property Name=\"{}\" Type=\"{}\"{nullable}{precision}/>", column.name, edm(column))
    }));
    lines.push("      </EntityType>".to_owned());
    lines
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
