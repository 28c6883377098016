//! Prints the API's contract, as `openapi.json` has it.

use std::io::Write as _;

use api::{AuthMode, openapi};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = serde_json::to_string_pretty(&openapi::document(AuthMode::Cognito)?)?;
    text.push('\n');
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
