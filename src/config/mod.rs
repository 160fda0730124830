//! The configuration: one YAML file in, one validated [`Config`] out, or every fault at once.
//!
//! The way is: bytes → located tree (`yaml`) → `${NAME}` replaced (`environment`) → typed sections, one file per area,
//! read through `reader`. Names are checked where they are used, so each fault has the line of the wrong word.
//! What comes out is consistent and is trusted by everybody else; nobody else reads YAML or the environment.
//!
//! Nothing here opens a connection, and no fault or note ever contains a secret, a number, an address or a URL.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use url::Url;

use self::environment::Environment;
use self::reader::{Namespace, Reader, Section};
use self::value::Wrong;
use self::yaml::{Kind, Node};
use crate::domain::escalation::Target;
use crate::domain::house::{House, Reviews};
use crate::domain::people::ContactMethod;
use crate::domain::stats::Night;
use crate::ids::{PersonId, ScheduleId, SourceId};

mod alerting;
mod changes;
mod compensation;
mod environment;
mod escalation;
mod fault;
mod not_yet;
mod outside;
mod partner;
mod people;
mod postmortems;
mod reader;
mod running;
mod schedules;
mod secret;
mod section;
mod services;
mod severities;
mod slack;
mod value;
mod yaml;

pub use alerting::{Heartbeat, SourceConfig, WebhookAuth};
pub use changes::changes;
pub use compensation::{Compensation, Hundredths, NightWork, WeekendWork};
pub use fault::{Fault, Faults, Note, NoteKind};
pub use outside::{Ntfy, PagerDuty, Prometheus, Smtp, Statuspage, Tickets, Twilio};
pub use partner::{PartnerConfig, PartnerWebhook, Reached};
pub use postmortems::Postmortems;
pub use running::{ApiToken, DatabaseUrl, Log, LogFormat, Scope, Telemetry};
pub use secret::Secret;
pub use slack::{Commands, SlackConfig, SlackMode};

/// Everything that the file says, validated.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What decisions depend on: people, schedules, policies, severities, services.
    pub house: House,
    /// Where the HTTP server listens.
    pub listen: SocketAddr,
    /// How the world reaches this service; present whenever something in use needs it.
    pub public_url: Option<Url>,
    /// Where everything is kept.
    pub database: DatabaseUrl,
    /// How to log.
    pub log: Log,
    /// Where traces go.
    pub telemetry: Option<Telemetry>,
    /// Who may use the API.
    pub api_tokens: Vec<ApiToken>,
    /// The Slack app.
    pub slack: SlackConfig,
    /// Who may send alerts, by the last segment of the webhook's path. At least one.
    pub alertmanagers: BTreeMap<SourceId, SourceConfig>,
    /// A URL to call every minute while everything is well. Whoever knows it can fake it, so it is not logged.
    pub heartbeat_ping: Option<Url>,
    /// Where service level indicators are measured.
    pub prometheus: Option<Prometheus>,
    /// The folder of the runbooks.
    pub runbooks_dir: PathBuf,
    /// Where post-mortems go and when they are due.
    pub postmortems: Postmortems,
    /// What being on call is worth.
    pub compensation: Option<Compensation>,
    /// The hours of the night: those of `compensation`, or 22:00 to 08:00.
    pub night: Night,
    /// PagerDuty, beside the ladder.
    pub pagerduty: Option<PagerDuty>,
    /// Text messages and calls.
    pub twilio: Option<Twilio>,
    /// Mail.
    pub smtp: Option<Smtp>,
    /// Push messages; there is a public server, so there is always one.
    pub ntfy: Ntfy,
    /// The public status page.
    pub statuspage: Option<Statuspage>,
    /// Where tickets are filed.
    pub tickets: Option<Tickets>,
}

/// A usable configuration and what is worth saying about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// In the order of the lines.
    pub notes: Vec<Note>,
    /// Where the file names runbooks, which are known elsewhere.
    pub runbooks: Vec<Reference>,
    /// The files that hold its secrets.
    pub secret_files: Vec<PathBuf>,
}

/// A place of the file that names a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The line, counted from 1.
    pub line: usize,
    /// The dotted path of the key.
    pub key: String,
    /// The name.
    pub name: String,
}

impl Config {
    /// Reads and checks a file. `environment` answers `${NAME}`.
    ///
    /// # Errors
    /// Every fault of the file at once; a file that cannot be read is one fault.
    pub fn load(file: &Path, environment: Environment<'_>) -> Result<Loaded, Faults> {
        match std::fs::read(file) {
            Ok(bytes) => Self::read(&bytes, file, environment),
            Err(error) => Err(Faults { file: file.display().to_string(), all: vec![unreadable(&error)] }),
        }
    }

    /// Reads and checks what stands, or could stand, in `file`; relative paths are relative to its folder.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn read(text: &[u8], file: &Path, environment: Environment<'_>) -> Result<Loaded, Faults> {
        let tree = yaml::parse(text)
            .map_err(|fault| Faults { file: file.display().to_string(), all: vec![fault] })?;
        let mut reader = Reader::new(file, environment);
        define_names(&mut reader, &tree);
        let config = reader.root(&tree).and_then(whole);
        not_yet::note(&reader, &tree);
        let (runbooks, secret_files) = (reader.take_runbooks(), reader.take_secret_files());
        let (config, notes) = reader.finish(config)?;
        Ok(Loaded { config, notes, runbooks, secret_files })
    }

    /// Where the service of this file listens, whatever else the file wants to know: enough to ask it something.
    ///
    /// # Errors
    /// When the file cannot be read, or not that part of it.
    pub fn listen_of(file: &Path, environment: Environment<'_>) -> Result<SocketAddr, Faults> {
        Self::part_of(file, environment, |root| Some(running::listen(root)))
    }

    /// Where the service of this file keeps its data, whatever else the file wants to know.
    ///
    /// # Errors
    /// When the file cannot be read, or not that part of it.
    pub fn database_of(file: &Path, environment: Environment<'_>) -> Result<DatabaseUrl, Faults> {
        Self::part_of(file, environment, running::database)
    }

    fn part_of<T>(
        file: &Path,
        environment: Environment<'_>,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> Result<T, Faults> {
        let faults = |fault| Faults { file: file.display().to_string(), all: vec![fault] };
        let bytes = std::fs::read(file).map_err(|error| faults(unreadable(&error)))?;
        let tree = yaml::parse(&bytes).map_err(faults)?;
        let reader = Reader::new(file, environment);
        let part = reader.root(&tree).and_then(|root| read(&root));
        reader.finish(part).map(|(part, _notes)| part)
    }

    /// The annotated example: every key with what it does, its default and its unit.
    pub const fn example() -> &'static str {
        include_str!("../../dontpanic.example.yaml")
    }
}

fn unreadable(error: &std::io::Error) -> Fault {
    let what = format!("cannot be read: {error}");
    let fix = "name another with `-c`, or begin with a copy of dontpanic.example.yaml".to_owned();
    Fault { line: None, key: String::new(), what, fix }
}

/// Makes every name known before the first is used, so that parts may refer to each other in any order.
fn define_names(reader: &mut Reader<'_>, tree: &Node) {
    reader.define(Namespace::Escalation, escalation::usual_names());
    let Kind::Map(entries) = &tree.kind else { return };
    for namespace in Namespace::ALL {
        for (_, node) in entries.iter().filter(|(key, _)| key.name == namespace.key()) {
            if let Kind::Map(defined) = &node.kind {
                reader.define(namespace, defined.iter().map(|(key, _)| key.name.clone()));
            }
        }
    }
}

/// Reads every area, so that every fault is found, and only then asks whether all are there.
fn whole(root: Section<'_>) -> Option<Config> {
    let listen = running::listen(&root);
    let database = running::database(&root);
    let log = running::log(&root);
    let telemetry = running::telemetry(&root);
    let api_tokens = running::api_tokens(&root);
    let slack = slack::slack(&root);
    let alertmanagers = alerting::sources(&root);
    let heartbeat_ping = root.optional("heartbeat_ping").and_then(|value| value.read(value::web_url));
    let prometheus = outside::prometheus(&root);
    let runbooks_dir = postmortems::runbooks_dir(&root);
    let postmortems = postmortems::postmortems(&root);
    let compensation = compensation::compensation(&root);
    let pagerduty = outside::pagerduty(&root);
    let twilio = outside::twilio(&root);
    let smtp = outside::smtp(&root);
    let ntfy = outside::ntfy(&root);
    let statuspage = outside::statuspage(&root);
    let tickets = outside::tickets(&root);
    let house = house(&root, &postmortems);
    let public_url = public_url(&root, house.as_ref());
    root.finish();
    Some(Config {
        house: house?,
        listen,
        public_url,
        database: database?,
        log,
        telemetry,
        api_tokens,
        slack: slack?,
        alertmanagers,
        heartbeat_ping,
        prometheus,
        runbooks_dir,
        postmortems,
        night: compensation::hours_of_night(compensation.as_ref())?,
        compensation,
        pagerduty,
        twilio,
        smtp,
        ntfy: ntfy?,
        statuspage,
        tickets,
    })
}

fn house(root: &Section<'_>, postmortems: &Postmortems) -> Option<House> {
    let timezone =
        root.optional("timezone").and_then(|value| value.read(value::zone)).unwrap_or(chrono_tz::UTC);
    let default_schedule = root
        .required("default_schedule")
        .and_then(|value| value.name_in(Namespace::Schedules))
        .map(ScheduleId);
    let people = people::people(root);
    let admins = people::admins(root);
    let schedules = schedules::schedules(root, timezone);
    let roles = escalation::roles(root);
    let mut policies = escalation::policies(root);
    escalation::leave_out_unheld_roles(root, &mut policies, &roles);
    let severities = severities::severities(root);
    let severity_rules = severities::severity_rules(root);
    let non_production = severities::non_production(root);
    let service_labels = severities::words(root, "service_labels", &["service", "app", "job"]);
    let services = services::services(root, default_schedule.as_ref());
    let times = services::incident_times(root);
    let house = House {
        timezone,
        people,
        admins,
        schedules,
        default_schedule: default_schedule?,
        policies,
        roles,
        severities,
        severity_rules,
        non_production,
        service_labels,
        services,
        times,
        reviews: Reviews { due_after: postmortems.due_after, remind_at: postmortems.remind_at.clone() },
    };
    let paged = who_may_be_paged(&house);
    people::note_contacts(root, &house.people, |person| paged.contains(person));
    Some(house)
}

/// Everybody in a rotation, and everybody whom a step names, by themselves or by a role.
fn who_may_be_paged(house: &House) -> BTreeSet<PersonId> {
    let in_turns = house.schedules.values().flat_map(|schedule| schedule.rotation.people.iter());
    let targets =
        house.policies.values().flat_map(|policy| policy.steps.iter()).flat_map(|step| step.page.iter());
    let named = targets.chain(house.roles.values().flatten()).filter_map(|target| match target {
        Target::Person(person) => Some(person),
        Target::Primary | Target::Secondary | Target::Schedule(_) | Target::Role(_) => None,
    });
    in_turns.chain(named).cloned().collect()
}

/// Reads `public_url`, without which links in messages, and calls from outside, lead nowhere.
fn public_url(root: &Section<'_>, house: Option<&House>) -> Option<Url> {
    if let Some(value) = root.optional("public_url") {
        return value.read(value::web_url);
    }
    let needs = |method: &ContactMethod| match method {
        ContactMethod::Sms | ContactMethod::Voice | ContactMethod::Email | ContactMethod::Ntfy => true,
        ContactMethod::Slack | ContactMethod::Webhook => false,
    };
    let people = house.into_iter().flat_map(|house| house.people.values());
    let methods: BTreeSet<ContactMethod> =
        people.flat_map(|person| person.contact.iter().copied()).filter(needs).collect();
    let users: Vec<&str> = methods
        .iter()
        .map(|method| method.as_str())
        .chain(root.mentions("pagerduty").then_some("pagerduty"))
        .collect();
    if !users.is_empty() && !root.mentions("public_url") {
        let what = format!("is missing, but {} cannot work without it", users.join(", "));
        let wrong = Wrong::new(what, "add the address under which this service is reached: https://…");
        root.reader().fault(Some(1), "public_url", wrong);
    }
    None
}

/// Reads a span of time with its unit (`90s 15m 2h 7d`), as everywhere in the configuration.
///
/// # Errors
/// What is wrong with it and how it is written.
pub fn span(word: &str) -> Result<chrono::Duration, String> {
    value::duration(word).map_err(|wrong| format!("{}; {}", wrong.what, wrong.fix))
}

#[cfg(test)]
mod tests;
