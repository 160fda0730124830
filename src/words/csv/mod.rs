//! Tables for spreadsheets: whatever a cell holds, it is shown as text and never worked out as a formula.

/// Rows as CSV (RFC 4180), each ended by CR LF.
pub fn table<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |row: [String; N]| format!("{}\r\n", row.map(|text| cell(&text)).join(","));
    rows.into_iter().map(line).collect()
}

/// One cell. What a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers.
pub fn cell(text: &str) -> String {
    let begins_a_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let safe = if begins_a_formula && !is_number { format!("'{text}") } else { text.to_owned() };
    if safe.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests;
