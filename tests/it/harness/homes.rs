//! The App Home as its reader sees it.

use dontpanic::workspace::{Answer, Values};

use super::slack::{texts, user};
use super::transcript::plain;
use super::world::World;

impl World {
    /// Somebody opens their App Home; what it says.
    pub async fn opens_home(&mut self, who: &str) -> String {
        self.tell(who, "opens the App Home");
        let answer = self.workspace().open_home(&user(who)).await;
        assert_eq!(answer, Ok(Answer::Acknowledged), "{who} opens the App Home");
        self.settle().await;
        self.home(who)
    }

    /// What somebody's App Home says now.
    #[track_caller]
    pub fn home(&self, who: &str) -> String {
        let home = self.workspace().home(&user(who)).unwrap_or_else(|| panic!("{who} has no home"));
        let lines: Vec<String> = home["blocks"].as_array().into_iter().flatten().flat_map(texts).collect();
        plain(&lines.join("\n"), self.workspace())
    }

    /// How often somebody's App Home was shown.
    pub fn n_homes(&self, who: &str) -> usize {
        let whose = user(who);
        let calls = self.workspace().calls();
        calls.iter().filter(|call| call.method == "views.publish" && call.args["user_id"] == whose).count()
    }

    /// Somebody clicks the first button of this label in their App Home.
    pub async fn clicks_at_home(&mut self, who: &str, label: &str) {
        self.tell(who, &format!("clicks [{label}] in the App Home"));
        let home = self.workspace().home(&user(who)).unwrap_or_else(|| panic!("{who} has no home"));
        let view = home["id"].as_str().unwrap_or_default();
        let answer = self.workspace().click_in_view(&user(who), view, label, &Values::new()).await;
        assert_eq!(answer, Ok(Answer::Acknowledged), "{who} clicks {label}");
        self.settle().await;
    }
}
