use super::*;

#[test]
fn no_cell_is_a_formula_and_none_breaks_its_row() {
    let cases = [
        ("plain", "plain"),
        ("", ""),
        ("12", "12"),
        ("-3.5", "-3.5"),
        ("-1+1", "'-1+1"),
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
        ("one, two", "\"one, two\""),
        ("two\nlines", "\"two\nlines\""),
        ("\r=1", "\"'\r=1\""),
        ("-inf", "'-inf"),
    ];
    for (text, shown) in cases {
        assert_eq!(cell(text), shown, "{text:?}");
    }
    let rows = [["a".to_owned(), "b,c".to_owned()], ["=d".to_owned(), String::new()]];
    assert_eq!(table(rows), "a,\"b,c\"\r\n'=d,\r\n");
}
