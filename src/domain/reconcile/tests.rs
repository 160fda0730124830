use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::minutes(minutes)
}

fn listed(name: &str, standing: Standing) -> Listed {
    Listed {
        fingerprint: name.into(),
        labels: [("alertname".to_owned(), name.to_owned())].into(),
        annotations: Labels::new(),
        starts_at: at(0),
        generator_url: None,
        standing,
        silenced_by: vec![],
        receivers: vec!["ours".to_owned()],
    }
}

fn silenced(name: &str, by: &[&str]) -> Listed {
    let silenced_by = by.iter().map(|id| (*id).into()).collect();
    Listed { silenced_by, ..listed(name, Standing::Suppressed) }
}

fn silence(id: &str, ends_at: i64) -> Listing {
    Listing {
        id: id.into(),
        is_over: false,
        ends_at: at(ends_at),
        created_by: format!("of {id}"),
        labels: None,
    }
}

fn member(alerts: Vec<Listed>) -> Member {
    Member { up_since: at(-100), alerts, silences: vec![] }
}

fn believed(names: &[&str]) -> Vec<Believed> {
    let one =
        |name: &&str| Believed { incident: IncidentId(1), fingerprint: (*name).into(), heard_at: at(0) };
    names.iter().map(one).collect()
}

struct Night {
    memory: Memory,
    now: i64,
    is_alive: bool,
    heartbeats: BTreeSet<Fingerprint>,
    heard: BTreeMap<Fingerprint, DateTime<Utc>>,
}

impl Night {
    fn new() -> Self {
        Self {
            memory: Memory::default(),
            now: 30,
            is_alive: true,
            heartbeats: BTreeSet::new(),
            heard: BTreeMap::new(),
        }
    }

    fn polls(&mut self, members: Vec<Member>, believed: &[Believed]) -> Findings {
        let poll = Poll { begun_at: at(self.now), members };
        let receivers = BTreeSet::from(["ours".to_owned()]);
        let (is_alive, heartbeats, heard) = (self.is_alive, &self.heartbeats, &self.heard);
        let circumstances =
            Circumstances { now: at(self.now), is_alive, heartbeats, receivers: &receivers, heard };
        let findings = judge(&poll, believed, &self.memory, &circumstances);
        self.memory = findings.memory.clone();
        self.now += 1;
        findings
    }
}

#[test]
fn what_is_missing_three_times_in_a_row_has_ended_when_it_was_first_missed() {
    let mut night = Night::new();
    let both = believed(&["a", "b"]);
    let without = || vec![member(vec![listed("b", Standing::Active)])];
    assert_eq!(night.polls(without(), &both).ended, []);
    assert_eq!(night.polls(without(), &both).ended, []);
    assert_eq!(night.polls(without(), &both).ended, [(IncidentId(1), "a".into(), at(30))]);
}

#[test]
fn seen_once_more_it_is_counted_anew() {
    let mut night = Night::new();
    let a = believed(&["a"]);
    for _ in 0..2 {
        night.polls(vec![member(vec![])], &a);
    }
    night.polls(vec![member(vec![listed("a", Standing::Suppressed)])], &a);
    for _ in 0..2 {
        assert_eq!(night.polls(vec![member(vec![])], &a).ended, []);
    }
}

#[test]
fn whoever_has_just_started_proves_presence_and_not_absence() {
    let mut night = Night::new();
    let a = believed(&["a"]);
    let young = |alerts| Member { up_since: at(25), ..member(alerts) };
    for _ in 0..5 {
        assert_eq!(night.polls(vec![young(vec![])], &a).ended, []);
    }
    let mut night = Night::new();
    for _ in 0..5 {
        let members = vec![member(vec![]), young(vec![listed("a", Standing::Active)])];
        assert_eq!(night.polls(members, &a).ended, []);
    }
}

#[test]
fn what_goes_with_the_heartbeat_has_not_ended() {
    let mut night = Night { heartbeats: ["watchdog".into()].into(), ..Night::new() };
    let a = believed(&["a"]);
    let with =
        |names: &[&str]| vec![member(names.iter().map(|name| listed(name, Standing::Active)).collect())];
    night.polls(with(&["watchdog", "a"]), &a);
    for _ in 0..5 {
        assert_eq!(night.polls(with(&[]), &a).ended, []);
        assert_eq!(night.polls(with(&["untold"]), &a).untold, []);
    }
    // It is back, and what is missing from now on is counted.
    for _ in 0..2 {
        assert_eq!(night.polls(with(&["watchdog"]), &a).ended, []);
    }
    assert_eq!(night.polls(with(&["watchdog"]), &a).ended.len(), 1);
}

#[test]
fn a_heartbeat_that_comes_from_elsewhere_is_not_looked_for() {
    let mut night = Night { heartbeats: ["elsewhere".into()].into(), ..Night::new() };
    let a = believed(&["a"]);
    for _ in 0..2 {
        night.polls(vec![member(vec![])], &a);
    }
    assert_eq!(night.polls(vec![member(vec![])], &a).ended.len(), 1);
}

#[test]
fn without_a_heartbeat_nothing_is_concluded() {
    let mut night = Night { is_alive: false, ..Night::new() };
    for _ in 0..5 {
        let findings = night.polls(vec![member(vec![listed("new", Standing::Active)])], &believed(&["a"]));
        assert_eq!((findings.ended, findings.untold), (vec![], vec![]));
    }
}

#[test]
fn a_webhook_beats_a_poll_that_began_before_it() {
    let mut night = Night::new();
    let a = believed(&["a"]);
    for _ in 0..2 {
        night.polls(vec![member(vec![])], &a);
    }
    night.heard.insert("a".into(), at(night.now));
    assert_eq!(night.polls(vec![member(vec![])], &a).ended, [], "it was told again, without news");
    let mut night = Night::new();
    let news = [Believed { heard_at: at(31), ..a[0].clone() }];
    assert!(night.polls(vec![member(vec![])], &news).memory.missing.is_empty() || night.now > 32);
    night.heard.insert("new".into(), at(night.now));
    assert_eq!(night.polls(vec![member(vec![listed("new", Standing::Active)])], &[]).untold, []);
}

#[test]
fn an_unknown_alert_counts_when_it_is_ours_active_and_not_new() {
    let mut night = Night::new();
    let young = Listed { starts_at: at(26), ..listed("young", Standing::Active) };
    let foreign = Listed { receivers: vec!["theirs".to_owned()], ..listed("foreign", Standing::Active) };
    let alerts = vec![
        listed("told", Standing::Active),
        listed("untold", Standing::Active),
        listed("quiet", Standing::Suppressed),
        listed("raw", Standing::Unprocessed),
        young,
        foreign,
    ];
    let untold = night.polls(vec![member(alerts)], &believed(&["told"])).untold;
    assert_eq!(untold.iter().map(|alert| alert.fingerprint.as_str()).collect::<Vec<_>>(), ["untold"]);
}

#[test]
fn an_alert_is_silenced_until_its_last_silence_and_an_incident_until_its_first_alert() {
    let mut night = Night::new();
    let alerts =
        vec![silenced("a", &["short", "long"]), silenced("b", &["middle"]), listed("c", Standing::Active)];
    let silences = vec![silence("short", 40), silence("long", 90), silence("middle", 60)];
    let findings = night.polls(vec![Member { silences, ..member(alerts) }], &believed(&["a", "b", "c"]));
    let whole = &findings.silenced[&IncidentId(1)];
    assert_eq!((whole.n, whole.until), (2, at(60)));
    assert_eq!(whole.by, ["of long".to_owned(), "of middle".to_owned()].into());
}

#[test]
fn one_member_that_would_notify_is_enough_to_be_heard() {
    let mut night = Night::new();
    let quiet = Member { silences: vec![silence("s", 90)], ..member(vec![silenced("a", &["s"])]) };
    let loud = member(vec![listed("a", Standing::Active)]);
    assert!(night.polls(vec![quiet, loud], &believed(&["a"])).silenced.is_empty());
}

#[test]
fn labels_of_a_group_are_read_from_its_key() {
    let labels = |key: &str| group_labels(&key.into());
    let set = |pairs: &[(&str, &str)]| {
        Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Labels>())
    };
    assert_eq!(labels(r#"{}:{alertname="X", cluster="b"}"#), set(&[("alertname", "X"), ("cluster", "b")]));
    assert_eq!(labels("{}:{}"), set(&[]));
    assert_eq!(labels(r#"{}/{team="a:{b"}:{alertname="X"}"#), set(&[("alertname", "X")]));
    assert_eq!(labels(r#"{}:{a="x:{b=\"c\"}", d="\u003c\n"}"#), set(&[("a", r#"x:{b="c"}"#), ("d", "<\n")]));
    for odd in ["", "reconciled/x/y", "{}:{a}", "{}:{a=\"x\"", "{}:{a=\"x\", }", "{}:{a=\"\\q\"}"] {
        assert_eq!(labels(odd), None, "{odd}");
    }
}
