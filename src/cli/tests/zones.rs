use super::*;
use crate::config::Config;
use crate::domain::on_call::{Shift, who};

#[test]
fn the_shifts_of_five_zones_are_those_of_the_resolver() {
    let zones = ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"];
    let one = |(n, zone): (usize, &str)| {
        format!(
            "z{n}: {{timezone: {zone}, handoff: {{day: Sun, time: 02:15}}, rotation: {{every: 1w, start: 2026-01-04, people: [alice, bob, eve]}}}}"
        )
    };
    let all: Vec<String> = zones.into_iter().enumerate().map(one).collect();
    let config =
        CONFIG.replace("schedules: {platform:", &format!("schedules: {{{}, platform:", all.join(", ")));
    let desk = Desk::with(&config);
    let loaded = Config::read(config.as_bytes(), &desk.path("dontpanic.yaml"), &|_| None).unwrap();
    for (n, zone) in zones.into_iter().enumerate() {
        let schedule = &loaded.config.house.schedules[&format!("z{n}").as_str().into()];
        let name = format!("z{n}");
        let asked =
            ["oncall", "schedule", "--schedule", &name, "--from", "2026-02-01", "--weeks", "50", "--json"];
        let said = desk.run(&asked).json();
        let shifts: Vec<Shift> = serde_json::from_value(said["shifts"].clone()).unwrap();
        assert!(shifts.len() >= 50 && shifts.windows(2).all(|pair| pair[0].end == pair[1].start), "{zone}");
        for shift in &shifts {
            let roster = who(schedule, &[], shift.start);
            assert_eq!(
                (&roster.primary, &roster.secondary, roster.until),
                (&shift.primary, &shift.secondary, shift.end),
                "{zone}"
            );
        }
        let changes =
            shifts.iter().filter(|shift| (shift.end - shift.start).num_minutes() != 7 * 24 * 60).count();
        let is_steady = matches!(zone, "Asia/Kolkata" | "Pacific/Apia");
        assert_eq!(changes == 0, is_steady, "{zone}: a change of the clock makes turns longer or shorter");
    }
}
