//! The command line, as a newcomer and a script use it.

use serde_json::Value;
use tests::vekha;

const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/scenario/data/plan_2022_2023.txt");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_command_has_help_with_an_example() {
    let all = [
        "demo",
        "serve",
        "plan import",
        "plan deadline",
        "plan activate",
        "record",
        "evidence put",
        "evidence get",
        "indicators",
        "obligations",
        "audit",
        "replay",
        "export",
        "generate",
        "token",
        "schema",
        "bench",
    ];
    for command in all {
        let args: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let told = vekha(&args);
        assert!(told.status.success(), "{command}");
        assert!(text(&told.stdout).contains("Example: "), "{command} --help has no example");
    }
}

#[test]
fn wrong_use_ends_with_2_and_failure_with_1() {
    assert_eq!(vekha(&["no-such-command"]).status.code(), Some(2));
    assert_eq!(vekha(&["schema", "--type", "no.such"]).status.code(), Some(2));
    let missing = vekha(&["plan", "import", "/nowhere/plan.txt"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("/nowhere/plan.txt"), "{}", text(&missing.stderr));
}

#[test]
fn the_plan_is_imported_with_its_anomalies() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan.json");
    let told = vekha(&["plan", "import", PLAN, "--out", out.to_str().unwrap()]);
    assert!(told.status.success(), "{}", text(&told.stderr));
    let plan: Value = serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap();
    let rows: usize = plan["activities"].as_array().unwrap().iter().map(|a| a["rows"].as_array().unwrap().len()).sum();
    assert_eq!((plan["activities"].as_array().unwrap().len(), rows), (20, 33));
    assert_eq!(plan["anomalies"].as_array().unwrap().len(), 17);
}

#[test]
fn a_truncated_plan_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read_to_string(PLAN).unwrap();
    let cut: String = whole.chars().take(whole.chars().count() / 2).collect();
    let file = folder.path().join("plan.txt");
    std::fs::write(&file, cut).unwrap();
    std::fs::copy(PLAN.replace(".txt", ".profile.json"), folder.path().join("plan.profile.json")).unwrap();
    let told = vekha(&["plan", "import", file.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told.stdout));
    assert!(text(&told.stderr).contains("line") || text(&told.stderr).contains("row"), "{}", text(&told.stderr));
}

#[test]
fn a_deadline_of_31_february_is_invalid_and_says_why() {
    let told = vekha(&["plan", "deadline", "До 31.02.2023", "--school-year", "2022-2023"]);
    let deadline: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(deadline["kind"], "invalid");
    assert!(deadline["note"].as_str().is_some_and(|note| !note.is_empty()), "{deadline}");
    let told = vekha(&["plan", "deadline", "10.10.2022- 14.10.2022"]);
    let deadline: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((&deadline["start"], &deadline["end"]), (&"2022-10-10".into(), &"2022-10-14".into()));
}

#[test]
fn the_demo_tells_the_same_story_twice() {
    let story = || {
        let told = vekha(&["demo", "--exit"]);
        assert!(told.status.success(), "{}", text(&told.stderr));
        let told = text(&told.stdout);
        let digest = told.lines().find(|line| line.starts_with("sha256 ")).map(str::to_owned);
        let table: Vec<String> =
            told.lines().filter(|line| line.contains('●') || line.contains('◐')).map(str::to_owned).collect();
        (digest, table)
    };
    let (first, second) = (story(), story());
    assert!(first.1.len() >= 4, "the table has rows for both semesters: {:?}", first.1);
    assert_eq!(first, second, "the story differs from telling to telling");
}
