//! The contact methods beside Slack: what carries them, how each of them fails, and that a failure is not waited out.

use dontpanic::domain::incident::command::WhileFiring;
use dontpanic::domain::incident::timeline::Origin;
use dontpanic::domain::incident::{Actor, Command};
use dontpanic::ids::IncidentId;

use crate::harness::alertmanager::alert;
use crate::harness::house::house;
use crate::harness::providers::Takes;
use crate::harness::world::{Span as _, World, scenario};

scenario!(
    mail_and_push_messages_say_what_matters,
    house().reached_by("ntfy, email"),
    async |world: &mut World| {
        let error_rate = alert("HighErrorRate")
            .service("checkout")
            .label("env", "prod")
            .summary("High error rate on checkout")
            .annotation("description", "12.5 % of requests fail");
        world.alertmanager().fires(error_rate).await;
        world.advance(3.minutes()).await;
        let (push, mail) = (world.ntfy().carries(), world.mail().carries());
        assert_eq!((push.to.as_str(), mail.to.as_str()), ("topic-alice", "alice@example.org"));
        for words in [
            "checkout, prod, since 04:00 CET",
            "CET, INC-1",
            "12.5 % of requests fail",
            "pages bob at 04:15 CET",
        ] {
            assert!(
                push.text.contains(words) && mail.text.contains(words),
                "{words}: {push:#?}\n{}",
                mail.text
            );
        }
        assert!(mail.text.contains("You are the primary on-call of platform."), "{}", mail.text);
        assert_eq!(mail.headline, "P2 High error rate on checkout (INC-1)");
        let ledger = world.ledger(1).await;
        let mut ids: Vec<&str> = ledger.iter().filter_map(|page| page.provider_id.as_deref()).collect();
        ids.sort_unstable_by_key(|id| !id.starts_with("ntfy"));
        assert!(ids[0] == "ntfy0" && ids[1].starts_with('<') && ids[1].ends_with("@example.org>"), "{ids:?}");

        // The last method repeats, and says that it does.
        world.advance(3.minutes()).await;
        assert_eq!(world.mail().carries().headline, "Repeat: P2 High error rate on checkout (INC-1)");
        world.types("alice", "incidents", "/incident INC-1 ack").await;
    }
);

scenario!(
    what_is_refused_is_not_waited_out,
    house().reached_by("ntfy, email, webhook"),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.ntfy().takes(Takes::Nothing(403, "forbidden"));
        world.mail().takes(Takes::Nothing(550, "5.1.1 <alice@example.org>: Recipient address rejected"));
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.pager("alice").rings();
        let errors: Vec<String> =
            world.ledger(1).await.iter().filter_map(|page| page.error.clone()).collect();
        let [by_mail, by_ntfy] = &errors[..] else { panic!("{errors:?}") };
        assert!(by_ntfy.contains("40301: forbidden"), "{by_ntfy}");
        assert_eq!(by_mail, "the mail server refuses it: 550 5.1.1 <…>: Recipient address rejected");
        world.types("alice", "incidents", "/incident INC-1 ack").await;
        // Both work again, and nobody is woken for what is acknowledged.
        world.ntfy().takes(Takes::Everything);
        world.mail().takes(Takes::Everything);
        world.advance(10.minutes()).await;
        world.ntfy().carries_nothing();
        world.mail().carries_nothing();
    }
);

scenario!(
    a_server_that_says_nothing_has_perhaps_delivered,
    house().reached_by("email, ntfy"),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.mail().takes(Takes::ButSaysNothing);
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let mail = world.mail().carries();
        world.ntfy().carries();
        // What it perhaps delivered is answered all the same.
        let (status, _) = world.presses("alice", &mail.ack_path(), None).await;
        assert_eq!((status, world.state(1).await), (200, "acknowledged"));
        world.mail().takes(Takes::Everything);
        world.advance(10.minutes()).await;
        world.mail().carries_nothing();
    }
);

scenario!(
    resolved_while_the_provider_says_nothing,
    house().reached_by("sms, ntfy"),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.sms().takes(Takes::ButSaysNothing);
        let body = alert("HighErrorRate").service("checkout").delivery(world.now());
        assert_eq!(world.alertmanager().posts(body).await, 200);
        let (engine, sms) = (world.use_cases(), world.sms());
        let resolving = async {
            while sms.all().is_empty() {
                tokio::task::yield_now().await;
            }
            let by = Actor::Person("bob".into());
            let resolve = Command::Resolve { by, summary: None, while_firing: WhileFiring::Resolve };
            engine.handle(IncidentId(1), resolve, Origin::Api).await.unwrap();
        };
        tokio::join!(world.settle(), resolving);
        assert_eq!(world.state(1).await, "resolved");
        world.sms().takes(Takes::Everything);
        world.advance(10.minutes()).await;
        world.ntfy().carries_nothing();
        assert_eq!(world.sms().all().len(), 1, "nothing is sent again for what is over");
    }
);

scenario!(a_test_page_tries_them_all, house().reached_by("slack, ntfy, email"), async |world: &mut World| {
    world.may_log("a test page was not accepted");
    let answer = world.types("alice", "incidents", "/oncall test-page").await;
    for method in ["slack", "ntfy", "email"] {
        assert!(answer.contains(&format!(":white_check_mark: `{method}`: accepted")), "{answer}");
    }
    assert_eq!(world.ntfy().carries().headline, "Don't Panic: test page");
    assert!(world.mail().carries().text.contains("Test page, as you asked. Nothing is wrong."));
    world.mail().takes(Takes::Nothing(535, "5.7.8 Error: authentication failed"));
    let answer = world.types("alice", "incidents", "/oncall test-page").await;
    let said =
        ":x: `email`: not accepted: the mail server refuses it: 535 5.7.8 Error: authentication failed";
    assert!(answer.contains(said), "{answer}");
});
