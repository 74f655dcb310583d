//! The rules of the house that a program can check; `CONTRIBUTING.md` says them in words.
//!
//! Each test is one rule. It reports every place that breaks the rule, with file and line, and says what to do.
//! A line of code that must break one says so, on the line or on the one above it: `// tidy-ok(cast): why`.
//!
//! Never here: a build of the workspace, a network, a broker. This test reads files and nothing else.

mod arrows;
mod house;
mod prose;
mod repo;
mod rust;
mod source;
