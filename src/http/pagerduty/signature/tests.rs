use super::*;

#[test]
fn one_right_signature_is_enough() {
    // RFC 4231, test case 2.
    let right = "v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let body = b"what do ya want for nothing?";
    let is_right = |shown: &str| is_right("Jefe", body, [shown].into_iter());
    assert!(is_right(right) && is_right(&format!("v1=00, {right}")) && is_right(&format!("{right},v1=x")));
    for wrong in ["", "v1=", "v2=5bdc", &right[3..], &right[..40], &right.to_uppercase()] {
        assert!(!is_right(wrong), "{wrong}");
    }
    assert!(!super::is_right("", body, [of("", body).unwrap().as_str()].into_iter()));
}
