use serde_json::Value;

use super::*;

#[test]
fn every_method_is_paced_by_the_tier_that_slack_gives_it() {
    let documented: Value =
        serde_json::from_str(include_str!("../../../../../tests/data/slack/methods.json")).unwrap();
    for method in Method::ALL {
        // Not a method of Slack's, but an address.
        if *method == Method::Respond {
            continue;
        }
        let Pace { ordinary, pages } = method.pace();
        let in_all = ordinary + pages.unwrap_or_default();
        let tier = documented[method.name()]["tier"].as_str().unwrap_or_else(|| panic!("{method:?}"));
        let is_within = match tier {
            "t2" => in_all == 20,
            "t3" => in_all == 50,
            "t4" => in_all == 100,
            // "Special": several hundred a minute.
            "t5" => (1..=300).contains(&in_all),
            _ => false,
        };
        assert!(is_within, "{} is {tier} and called {in_all} times a minute", method.name());
    }
}
