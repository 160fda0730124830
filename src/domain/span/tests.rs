use chrono::Duration;

use super::humane;

#[test]
fn a_span_reads_as_people_say_it() {
    let table = [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (190, "3 min 10 s"),
        (3_599, "59 min 59 s"),
        (3_600, "1 h"),
        (3_900, "1 h 05 min"),
        (3_959, "1 h 05 min"),
        (86_400, "1 d"),
        (183_600, "2 d 03 h"),
        (-190, "-3 min 10 s"),
    ];
    for (seconds, said) in table {
        assert_eq!(humane(Duration::seconds(seconds)), said);
    }
    assert_eq!(humane(Duration::milliseconds(-900)), "0 s");
    assert!(!humane(Duration::MIN).is_empty() && !humane(Duration::MAX).is_empty());
}
