//! What Grafana says of an alert beside its labels: what it measured, and where to look at it. It is kept among the alert's
//! annotations, under names that no annotation of Prometheus can have.
//!
//! All of it is text from outside: it is escaped where it is shown, and an address becomes a link only when it is one.

use super::alert::Alert;

/// What was measured, by the name of the query or expression, as a JSON object.
pub const VALUES: &str = "grafana.values";
/// The same as Grafana words it, also in releases that have no other.
pub const VALUE_STRING: &str = "grafana.valueString";

/// Whether Grafana says anything of this alert that no other sender does.
pub fn speaks_of(alert: &Alert) -> bool {
    let said = [VALUES, VALUE_STRING].into_iter().chain(Place::ALL.map(Place::annotation));
    said.into_iter().any(|name| alert.annotations.contains_key(name))
}

/// A page of Grafana's about an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The panel that shows what was measured.
    Panel,
    /// The dashboard around it.
    Dashboard,
    /// The form that silences the alert.
    Silence,
    /// A picture of the panel, as it was.
    Image,
}

impl Place {
    /// All of them, in the order in which they help.
    pub const ALL: [Self; 4] = [Self::Panel, Self::Dashboard, Self::Silence, Self::Image];

    /// The annotation that keeps its address.
    pub const fn annotation(self) -> &'static str {
        match self {
            Self::Panel => "grafana.panelURL",
            Self::Dashboard => "grafana.dashboardURL",
            Self::Silence => "grafana.silenceURL",
            Self::Image => "grafana.imageURL",
        }
    }

    /// What a button that leads there says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Panel => "Panel",
            Self::Dashboard => "Dashboard",
            Self::Silence => "Silence",
            Self::Image => "Image",
        }
    }

    /// Its address, as the sender wrote it.
    pub fn address(self, alert: &Alert) -> Option<&str> {
        alert.annotations.get(self.annotation()).map(String::as_str)
    }
}
