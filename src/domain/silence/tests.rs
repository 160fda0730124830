use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn pod(n: usize) -> (Fingerprint, Labels) {
    let name = format!("pod-{n}");
    (
        name.as_str().into(),
        labels(&[("alertname", "PodCrash"), ("cluster", "c1"), ("pod", &name), ("empty", "")]),
    )
}

#[test]
fn one_alert_is_silenced_by_all_its_labels() {
    let planned = plan(&[pod(1)], &[pod(2).1]).unwrap();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].labels, labels(&[("alertname", "PodCrash"), ("cluster", "c1"), ("pod", "pod-1")]));
}

#[test]
fn what_they_share_is_enough_when_nobody_else_has_it() {
    let wanted = [pod(1), pod(2), pod(3)];
    let elsewhere = labels(&[("alertname", "PodCrash"), ("cluster", "c2"), ("pod", "pod-1")]);
    let planned = plan(&wanted, &[elsewhere]).unwrap();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].labels, labels(&[("alertname", "PodCrash"), ("cluster", "c1")]));
    assert_eq!(planned[0].alerts.len(), 3);
}

// Of one service, and so would be whatever begins to fail there in the next hours.
#[test]
fn what_they_share_is_not_enough_when_it_names_no_rule() {
    let of = |name: &str| (Fingerprint::from(name), labels(&[("alertname", name), ("service", "checkout")]));
    let planned = plan(&[of("HighErrorRate"), of("SlowLatency")], &[]).unwrap();
    let outage = labels(&[("alertname", "ServiceDown"), ("service", "checkout")]);
    assert_eq!(planned.len(), 2);
    assert!(planned.iter().all(|one| !has(&outage, &one.labels)), "{planned:?}");
}

#[test]
fn another_alert_with_the_same_labels_is_never_silenced_along_with_them() {
    let planned = plan(&[pod(1), pod(2)], &[pod(3).1]).unwrap();
    assert_eq!(planned.len(), 2);
    assert!(planned.iter().all(|one| !has(&pod(3).1, &one.labels)));
}

#[test]
fn too_many_silences_are_refused() {
    let wanted: Vec<_> = (0..=MOST).map(pod).collect();
    assert_eq!(plan(&wanted, &[pod(99).1]), Err(TooMany { n: MOST + 1 }));
    assert_eq!(plan(&wanted[1..], &[pod(99).1]).unwrap().len(), MOST);
}

#[test]
fn alerts_that_share_nothing_get_one_each() {
    let other = ("x".into(), labels(&[("alertname", "Other")]));
    assert_eq!(plan(&[pod(1), other], &[]).unwrap().len(), 2);
    assert_eq!(plan(&[("bare".into(), Labels::new())], &[]).unwrap(), [], "nothing matches everything");
}
