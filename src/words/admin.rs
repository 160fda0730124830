//! What the people who run the service are told: what happened, and what to do about it.

use crate::domain::effect::Warning;
use crate::ids::PersonId;
use crate::ports::View;
use crate::words::holes::told as told_of;
use crate::words::mrkdwn::{clip, escape_with_code};
use crate::words::reload;
use crate::words::saying::{self, PHRASE, line};
use crate::words::time::humane;

/// The warning as mrkdwn; with the incident it is about, if any.
pub fn warning(warning: &Warning, view: Option<&View>) -> String {
    let about = view.map(|view| format!(" ({}: {})", view.incident.id, saying::title_for_all(view)));
    format!("{} {}{}", sign(warning), sentence(warning), about.unwrap_or_default())
}

/// Whether it is good news.
fn sign(warning: &Warning) -> &'static str {
    match warning {
        Warning::ConfigReloaded(reloaded) if reloaded.is_good_news() => ":white_check_mark:",
        Warning::ConfigRefused(_) => ":x:",
        Warning::UnmatchedSeverity { .. }
        | Warning::NobodyToPage { .. }
        | Warning::NobodyRelieves { .. }
        | Warning::PersonUnreachable { .. }
        | Warning::NoMember { .. }
        | Warning::UnusableWebhook { .. }
        | Warning::LetterGivenUp { .. }
        | Warning::TestPageUnconfirmed { .. }
        | Warning::AlertmanagerSilent { .. }
        | Warning::HeartbeatTooSlow { .. }
        | Warning::HolesFound { .. }
        | Warning::RemovedFromChannel
        | Warning::SlackUnheard { .. }
        | Warning::ScheduleGone { .. }
        | Warning::ConfigReloaded(_)
        | Warning::NoCanvas { .. }
        | Warning::PagerDutyRefused { .. }
        | Warning::PlainText { .. }
        | Warning::SlackRefused { .. } => ":warning:",
    }
}

fn names(people: &[PersonId]) -> String {
    let names: Vec<String> = people.iter().map(|person| line(person.as_str(), PHRASE)).collect();
    match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        names => names.concat(),
    }
}

fn sentence(warning: &Warning) -> String {
    match warning {
        Warning::UnmatchedSeverity { value: Some(value) } => format!(
            "No severity rule knows `severity=\"{}\"`, so such alerts are taken as P3. Add a rule under `severity_rules`.",
            line(value, PHRASE)
        ),
        Warning::UnmatchedSeverity { value: None } => {
            "An alert without a `severity` label matches no rule, so it is taken as P3. Add a label or a rule under `severity_rules`."
                .to_owned()
        }
        Warning::NobodyToPage { schedule, policy, step } => format!(
            "Nobody could be paged: step {step} of `{}` on schedule `{}` reaches nobody. The ladder has gone on. Check `people`, `roles` and `schedules`.",
            line(policy, PHRASE),
            line(schedule, PHRASE)
        ),
        Warning::NobodyRelieves { schedule, paged, next, at } => {
            let was_paged = match paged.as_slice() {
                [] => "Nobody of it was paged".to_owned(),
                [one] => format!("{} was paged and has not answered", line(one.as_str(), PHRASE)),
                several => format!("{} were paged and have not answered", names(several)),
            };
            let next = match (at, next.as_slice()) {
                (Some(at), [_, ..]) => format!("{} is next, at {}", names(next), saying::clock(*at)),
                (Some(_) | None, _) => "nobody else can be reached: check `people`, `roles` and `schedules`".to_owned(),
            };
            format!(
                "From now on nobody is on call on schedule `{}`, and an incident is unanswered. {was_paged}; {next}.",
                line(schedule, PHRASE)
            )
        }
        Warning::ScheduleGone { schedule, instead } => format!(
            "Schedule `{}` is no longer configured, and open incidents page by it. Whoever is on call by `{}`, the default \
             schedule, is paged instead. If it was renamed, nothing is left to do.",
            line(schedule, PHRASE),
            line(instead, PHRASE)
        ),
        Warning::PersonUnreachable { person, error } => format!(
            "No contact method of {} worked: {}. Check their entry under `people`.",
            line(person.as_str(), PHRASE),
            line(error, 2 * PHRASE)
        ),
        Warning::NoMember { person, slack_says } => format!(
            "{0} is under `people`, but in Slack is {1}. Whatever {0} does there is refused, an acknowledgement too; pages to {0} go on, and \
             the ladder goes on past them. Make {0} a full member of this workspace, or take {0} off call and out of `people`.",
            line(person.as_str(), PHRASE),
            line(slack_says, PHRASE)
        ),
        Warning::UnusableWebhook { source, why } => format!(
            "Alert source `{}` sends bodies without usable alerts: {}. They are kept; check its webhook settings.",
            line(source, PHRASE),
            line(why, 2 * PHRASE)
        ),
        Warning::LetterGivenUp { what, why } => format!(
            "A Slack {} could not be acted upon and was given up: {}. Whoever sent it was told; it is kept as a dead letter. \
             More of them are only logged for an hour.",
            line(what, PHRASE),
            line(why, 2 * PHRASE)
        ),
        // The channel's name would say what the incident is about.
        Warning::RemovedFromChannel => {
            "Somebody took Don't Panic out of the private channel of an incident. The incident goes on without it; invite Don't \
             Panic again to use it."
                .to_owned()
        }
        Warning::SlackUnheard { why } => {
            format!("Commands and buttons do not work: {}.", line(why, 2 * PHRASE))
        }
        Warning::TestPageUnconfirmed { person, schedule, tried } => format!(
            "{} has come on call for `{}` and has not confirmed the test page within an hour ({}). Ask them whether pages reach them, or \
             let somebody else take the pager: `/oncall override`.",
            line(person.as_str(), PHRASE),
            line(schedule, PHRASE),
            line(tried, PHRASE)
        ),
        Warning::AlertmanagerSilent { source, why } => format!(
            "Alertmanager `{0}` gives no whole answer: {1}. Nothing is compared with it, and no silence is seen, until it does. \
             Check `alertmanagers.{0}.url`.",
            line(source.as_str(), PHRASE),
            line(why, 2 * PHRASE)
        ),
        Warning::HeartbeatTooSlow { source, timeout_seconds } => {
            let timeout = humane(chrono::Duration::seconds(*timeout_seconds));
            format!(
                "A heartbeat of `{0}` has come, but no second one within {timeout}, so it is not relied on. Give its route \
                 `group_interval` and `repeat_interval` well below {timeout} (1m each is good), or raise \
                 `alertmanagers.{0}.heartbeat.timeout`.",
                line(source.as_str(), PHRASE)
            )
        }
        Warning::ConfigReloaded(reloaded) => reload::reloaded(reloaded),
        Warning::ConfigRefused(refused) => reload::refused(refused),
        Warning::HolesFound { holes } => told_of(holes),
        Warning::NoCanvas { why } => format!(
            "Post-mortems are not copied into the canvas of their channel: {}. They are in the channel all the same. With the scope \
             `canvases:write`, and a plan of Slack that has canvases, they are.",
            clip(&escape_with_code(why), 2 * PHRASE)
        ),
        Warning::PagerDutyRefused { why } => format!(
            "PagerDuty hears nothing: {}. Our own pages go on. More of it is only logged for a day.",
            clip(&escape_with_code(why), 2 * PHRASE)
        ),
        Warning::PlainText { what, why } => format!(
            "Slack does not take the looks of a message ({}): {}. It went out as plain text, with commands in the place of buttons. This \
             should not happen: please report it. More of it is only logged for a day.",
            line(&what.replace('_', " "), PHRASE),
            clip(&escape_with_code(why), 2 * PHRASE)
        ),
        Warning::SlackRefused { what, why } => {
            let why = clip(&escape_with_code(why), 2 * PHRASE);
            format!("Given up in Slack: {} ({why}).", line(&what.replace('_', " "), PHRASE))
        }
    }
}
