//! The pages that a message leads to.

use url::Url;

use crate::ports::View;
use crate::words::mrkdwn;
use crate::words::saying::{self, PHRASE};

/// So many dashboards get a button.
const DASHBOARDS: usize = 3;

/// A page somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What distinguishes it in a message.
    pub action: String,
    /// What the button says; text from outside, not yet escaped.
    pub label: String,
    /// Where it is; absolute, http or https.
    pub url: Url,
}

/// Runbook, dashboards and the sender's pages; those whose address can stand behind a button.
pub fn links(view: &View) -> Vec<Link> {
    let link = |action: String, label: String, address: &str| {
        Some(Link { action, label, url: mrkdwn::button_url(address)? })
    };
    let runbook = view.runbook.as_ref().and_then(|runbook| runbook.url.as_deref());
    let runbook = runbook.and_then(|url| link("runbook".into(), "Runbook".into(), url));
    let sender = view.grafana_places().into_iter().filter_map(|(place, url)| {
        let is_named = view.dashboards.iter().any(|dashboard| dashboard.url == url);
        let action = place.label().to_lowercase();
        if is_named { None } else { link(action, place.label().to_owned(), url) }
    });
    let sender: Vec<Link> = sender.collect();
    let is_only = view.dashboards.len() == 1 && !sender.iter().any(|link| link.label == "Dashboard");
    let dashboards = view.dashboards.iter().take(DASHBOARDS).zip(1..).filter_map(|(dashboard, n)| {
        let title = dashboard.title.trim();
        let label =
            if is_only || title.is_empty() { "Dashboard".to_owned() } else { format!("Dashboard {title}") };
        link(format!("dashboard_{n}"), label, &dashboard.url)
    });
    let source = view.source_url.as_deref().and_then(|url| link("source".into(), "Source".into(), url));
    runbook.into_iter().chain(dashboards).chain(sender).chain(source).collect()
}

/// The incident's own page.
pub(super) fn own(view: &View) -> Option<Link> {
    let url = mrkdwn::button_url(view.page_url.as_ref()?.as_str())?;
    Some(Link { action: "incident_page".into(), label: "Timeline and pages".into(), url })
}

/// The incident's channel, when it is open.
pub(super) fn channel(view: &View) -> Option<Link> {
    let channel = view.incident.room.usable()?;
    let url =
        Url::parse_with_params("https://slack.com/app_redirect", [("channel", channel.id.as_str())]).ok()?;
    Some(Link { action: "channel".into(), label: "Open channel".into(), url })
}

/// Where what was merged away goes on: its channel, or else its page.
pub(super) fn goes_on(view: &View) -> Option<Link> {
    let goes_on = view.goes_on.as_ref()?;
    let channel = goes_on.channel.as_ref().and_then(|channel| {
        Url::parse_with_params("https://slack.com/app_redirect", [("channel", channel.id.as_str())]).ok()
    });
    let url = channel.or_else(|| goes_on.page_url.clone())?;
    Some(Link { action: "goes_on".into(), label: format!("Go to {}", goes_on.id), url })
}

/// The same pages in one line of text, for messages whose buttons are gone.
pub(super) fn in_text(view: &View) -> String {
    let channel = saying::channel(&view.incident.room);
    let others =
        goes_on(view).into_iter().chain(links(view)).map(|link| mrkdwn::link(&link.url, &cut(&link.label)));
    channel.into_iter().chain(others).collect::<Vec<_>>().join(" · ")
}

/// A label short enough for a line; it is escaped where it lands.
fn cut(label: &str) -> String {
    if label.chars().count() <= PHRASE { label.to_owned() } else { label.chars().take(PHRASE).collect() }
}
