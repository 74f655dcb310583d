//! `docs/data-dictionary.md` says what the contract says.

use std::fmt::Write as _;
use std::path::PathBuf;

use bi::{Column, Contract};

fn row(column: &Column) -> String {
    let Column { name, ru, en, about_ru, about_en, unit, .. } = column;
    let null = if column.nullable { "null" } else { "" };
    let (kind, additivity) = (column.kind.as_str(), column.additivity.as_str().replace("none", ""));
    let told = format!("**{ru}.** {about_ru} <br> **{en}.** {about_en}");
    format!("| `{name}` | {kind} | {null} | {unit} | {additivity} | {} |\n", told.replace('|', "\\|"))
}

fn dictionary(contract: &Contract) -> String {
    let mut text = format!(
        "# Data dictionary\n\n\
         Made from `crates/bi/data/contract.toml` by `make generate`; version {}. The same columns stand in PostgreSQL\n\
         ([mart.md](mart.md)), in the HTTP feed and in exports.\n\n\
         Types: *text* UTF-8; *int* 64 bits; *double* IEEE 754; *bool*; *date* a day in the region's zone; *instant*\n\
         UTC, to the microsecond. *null*: a cell may be empty, which is not 0. Sums: *add* sums are meant; *last* a\n\
         state: sum over things, never over time; empty: neither sum nor average.\n",
        contract.version
    );
    for set in &contract.sets {
        let scoped = if set.scoped {
            "Rows are seen by territory. / Строки видны по территории."
        } else {
            "All rows are everybody's. / Все строки видны всем читателям."
        };
        let key: Vec<String> = set.key.iter().map(|name| format!("`{name}`")).collect();
        // Writing to a String does not fail.
        _ = write!(
            text,
            "\n## {}\n\n**{}** — {}. <br> **{}** — {}.\n\nKey / ключ: {}. {scoped}\n\n\
             | column | type | null | unit | sums | meaning |\n|---|---|---|---|---|---|\n",
            set.name,
            set.ru,
            set.grain_ru,
            set.en,
            set.grain_en,
            key.join(", ")
        );
        set.columns.iter().for_each(|column| text.push_str(&row(column)));
    }
    text
}

#[test]
fn golden_dictionary_is_what_the_contract_says() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/data-dictionary.md");
    let made = dictionary(bi::contract());
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(&file, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        made == kept,
        "docs/data-dictionary.md differs from the contract: make generate, and look at the difference"
    );
}
