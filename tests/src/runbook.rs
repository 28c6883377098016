//! RUNBOOK.md says what the code says.

use tola_catalog::code;

use crate::workspace;

#[test]
fn the_runbook_has_every_error_code_in_the_codes_own_words_and_no_other() {
    let runbook = workspace::read("RUNBOOK.md");
    let (_, table) = runbook.split_once("| code | why | what to do |\n|---|---|---|\n").expect("the table of codes");
    let rows: Vec<_> = table.lines().take_while(|line| line.starts_with('|')).collect();

    let wanted: Vec<_> =
        code::ALL.iter().map(|code| format!("| `{}` | {} | {} |", code.name, code.cause, code.remedy)).collect();

    assert_eq!(rows, wanted);
}
