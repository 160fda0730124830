//! Which runbook an alert has: what its `runbook_url` says, then a front matter that matches, then the service's own.

use super::Runbook;
use crate::domain::alert::Alert;
use crate::domain::house::Service;
use crate::ids::RunbookId;

/// Why a runbook was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The alert's annotation `runbook_url` leads to it.
    RunbookUrl,
    /// Its front matter matches the alert.
    FrontMatter,
    /// The service names it in the configuration.
    Service,
}

/// What an alert's reader can open. At least one of the two is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found<'a> {
    /// The alert's own link, an absolute http(s) URL; it comes before anything of ours. Outside text: escape it.
    pub link: Option<&'a str>,
    /// Our runbook and why it is the one. Beside a link to another place, it still gives the first steps.
    pub runbook: Option<(&'a Runbook, Why)>,
}

/// The runbook of one alert. `service` is the configured service that the alert is about, if it is known.
pub fn find<'a>(runbooks: &'a [Runbook], alert: &'a Alert, service: Option<&Service>) -> Option<Found<'a>> {
    let url = alert.annotations.get("runbook_url").map(|url| url.trim());
    let link = url.filter(|url| is_web_link(url));
    let runbook = url
        .and_then(|url| named(runbooks, last_segment(url)))
        .map(|runbook| (runbook, Why::RunbookUrl))
        .or_else(|| by_front_matter(runbooks, alert, service).map(|runbook| (runbook, Why::FrontMatter)))
        .or_else(|| {
            let id = service?.runbook.as_ref()?;
            named(runbooks, id.as_str()).map(|runbook| (runbook, Why::Service))
        });
    (link.is_some() || runbook.is_some()).then_some(Found { link, runbook })
}

/// Whether a link is to our own runbook of that name.
pub fn leads_to(link: &str, id: &RunbookId) -> bool {
    id.as_str().eq_ignore_ascii_case(last_segment(link))
}

/// The runbook of that name, compared without case.
fn named<'a>(runbooks: &'a [Runbook], name: &str) -> Option<&'a Runbook> {
    runbooks.iter().find(|runbook| runbook.id.as_str().eq_ignore_ascii_case(name))
}

/// The most telling of the front matters that match: one that names the service before one that does not, more
/// matchers before fewer, then the first by name.
fn by_front_matter<'a>(
    runbooks: &'a [Runbook],
    alert: &Alert,
    service: Option<&Service>,
) -> Option<&'a Runbook> {
    runbooks
        .iter()
        .filter_map(|runbook| Some((fit(runbook, alert, service)?, runbook)))
        .min_by(|(fit_a, a), (fit_b, b)| fit_b.cmp(fit_a).then_with(|| a.id.cmp(&b.id)))
        .map(|(_, runbook)| runbook)
}

/// How well a front matter fits: (its alerts match, its services do, how many matchers held). A condition that is given
/// must hold; a front matter that gives none fits nothing.
fn fit(runbook: &Runbook, alert: &Alert, service: Option<&Service>) -> Option<(bool, bool, usize)> {
    let n_matchers = runbook
        .alerts
        .iter()
        .filter(|item| item.iter().all(|matcher| matcher.matches(&alert.labels, &alert.annotations)))
        .map(Vec::len)
        .max();
    let is_of_service = service.is_some_and(|service| runbook.services.contains(&service.id));
    let (has_alerts, has_services) = (!runbook.alerts.is_empty(), !runbook.services.is_empty());
    let holds = (n_matchers.is_some() || !has_alerts) && (is_of_service || !has_services);
    (holds && (has_alerts || has_services)).then_some((has_alerts, has_services, n_matchers.unwrap_or(0)))
}

/// The longest link that is shown as one.
const LONGEST_LINK: usize = 3_000;

/// Whether a text is an absolute http(s) URL that can be opened.
fn is_web_link(text: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let head = text.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| text.get(scheme.len()..))?
    });
    let has_host = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    let is_one_word = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    has_host && is_one_word && text.chars().count() <= LONGEST_LINK
}

/// The last segment of a path or URL, without query, fragment and `.md`.
fn last_segment(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let segment = path.rsplit('/').next().unwrap_or_default();
    segment.strip_suffix(".md").unwrap_or(segment)
}
