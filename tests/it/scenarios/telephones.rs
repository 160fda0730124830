//! Text messages and calls: what they say, what answers them, and what the provider says of them afterwards.

use std::collections::BTreeMap;

use crate::harness::alertmanager::alert;
use crate::harness::database::TestDatabase;
use crate::harness::house::house;
use crate::harness::providers::Takes;
use crate::harness::world::{Span as _, World, scenario};

const ALICE: &str = "+33600000001";

scenario!(a_text_message_is_answered_by_one, house().reached_by("sms"), async |world: &mut World| {
    let error_rate =
        alert("HighErrorRate").service("checkout").label("env", "prod").summary("High error rate");
    world.alertmanager().fires(error_rate).await;
    let sms = world.sms().carries();
    assert_eq!(sms.to, ALICE);
    let lines: Vec<&str> = sms.text.lines().collect();
    assert_eq!(lines[0], "P2 INC-1: High error rate (checkout, prod)");
    assert!(lines[1].starts_with("Reply ACK 1 or https://dontpanic.example.org/ack/"), "{lines:?}");
    assert!(sms.text.is_ascii() && sms.text.len() < 306, "two parts at most: {}", sms.text);
    let line = world.line(&world.sms());
    world.message_is(&line, "delivered", "").await;
    let row = world.ledger(1).await.remove(0);
    assert_eq!(row.provider_id.as_deref(), Some(line.sid.as_str()));
    assert!(row.delivered.is_some() && row.acked.is_none(), "{row:#?}");
    assert_eq!(world.state(1).await, "triggered");

    for (n, (text, answer)) in [("who is this?", "Reply ACK to acknowledge"), ("ack 7", "There is no INC-7.")]
        .into_iter()
        .enumerate()
    {
        let said = world.texts(ALICE, &format!("SM9{n}"), text).await;
        assert!(said.contains(answer), "{text}: {said}");
    }
    assert_eq!(world.texts(ALICE, "SM90", "STOP").await.matches("<Message>").count(), 0);
    assert!(
        !world.texts("+49000000000", "SM91", "ack").await.contains("Message"),
        "strangers are not answered"
    );
    assert_eq!(world.state(1).await, "triggered");

    let said = world.texts(ALICE, "SM92", "Ack").await;
    assert!(said.contains("<Message>You have INC-1: High error rate</Message>"), "{said}");
    let incident = world.incident(1).await;
    assert_eq!(incident.state.ack().unwrap().by.to_string(), "alice");
    assert!(world.timeline_text(1).await.contains(" sms "), "{}", world.timeline_text(1).await);
    world.slack().room("incidents").reads("acknowledged by @alice");
    assert!(world.texts(ALICE, "SM93", "ack").await.contains("Nothing waits for you."));
});

scenario!(when_several_wait_the_answer_says_which, house().reached_by("sms"), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
    let said = world.texts(ALICE, "SM80", "ack").await;
    assert!(said.contains("Which one? Reply\nACK 1: ") && said.contains("\nACK 2: "), "{said}");
    assert_eq!((world.state(1).await, world.state(2).await), ("triggered", "triggered"));
    world.texts(ALICE, "SM81", "ack 2").await;
    assert_eq!((world.state(1).await, world.state(2).await), ("triggered", "acknowledged"));
    // Whoever listened to the wire says it once more, when another waits.
    world.texts(ALICE, "SM82", "ack").await;
    assert_eq!(world.state(1).await, "acknowledged");
    world.alertmanager().fires(alert("QueueGrows").service("checkout")).await;
    let said = world.texts(ALICE, "SM82", "ack").await;
    assert!(!said.contains("Message"), "{said}");
    assert_eq!(world.state(3).await, "triggered");
});

scenario!(
    a_key_acknowledges_and_voicemail_never_does,
    house().reached_by("voice"),
    async |world: &mut World| {
        let hostile =
            alert("HighErrorRate").service("checkout").summary("</Say><Dial>+1900</Dial> & \"more\"");
        world.alertmanager().fires(hostile).await;
        let line = world.line(&world.calls());
        world.call_is(&line, "ringing").await;
        let said = world.call_is(&line, "in-progress").await;
        for words in [
            "<Gather numDigits=\"1\"",
            "P 2, high. &lt;/Say&gt;&lt;Dial&gt;+1900",
            "Press any key to acknowledge.",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("<Dial>"), "{said}");
        // It speaks to a machine, which may even whistle.
        for more in [
            &[("CallStatus", "in-progress"), ("AnsweredBy", "machine_start"), ("Digits", "1")][..],
            &[("CallStatus", "in-progress"), ("Digits", "")],
            &[("CallStatus", "completed"), ("AnsweredBy", "machine_end_beep")],
        ] {
            world.call_has(&line, more).await;
        }
        assert_eq!(world.state(1).await, "triggered");
        let row = world.ledger(1).await.remove(0);
        assert!(row.delivered.is_some() && row.acked.is_none() && row.failed.is_none(), "{row:#?}");

        world.advance(3.minutes()).await;
        let again = world.line(&world.calls());
        assert_ne!(again.sid, line.sid, "it rings once more");
        world.call_is(&again, "in-progress").await;
        let said = world.key_is_pressed(&again, "5").await;
        assert!(said.contains("Acknowledged. You have INC-1."), "{said}");
        assert_eq!(world.incident(1).await.state.ack().unwrap().by.to_string(), "alice");
        let told = world.timeline(1).await;
        let acked = told.iter().find(|told| told.entry.what.kind() == "acked").unwrap();
        assert_eq!(acked.entry.origin.as_str(), "voice");
        let said = world.key_is_pressed(&again, "5").await;
        assert!(said.contains("Acknowledged."), "{said}");
        assert_eq!(world.n_events(1, "acked").await, 1);
    }
);

scenario!(
    acknowledged_by_a_link_while_the_telephone_rings,
    house().reached_by("ntfy, voice"),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let link = world.ntfy().carries().ack_path();
        world.advance(3.minutes()).await;
        let line = world.line(&world.calls());
        world.call_is(&line, "ringing").await;
        world.presses("alice", &link, None).await;
        let ended = world.hang_ups().carries();
        assert_eq!((ended.to.as_str(), ended.headline.as_str()), (line.sid.as_str(), "completed"));
        // She picked up at the very same moment, and presses a key.
        let said = world.call_is(&line, "in-progress").await;
        assert!(said.contains("alice has it. There is nothing to do."), "{said}");
        let said = world.key_is_pressed(&line, "1").await;
        assert!(said.contains("Acknowledged. You have INC-1."), "{said}");
        assert_eq!(world.n_events(1, "acked").await, 1);
        world.call_is(&line, "no-answer").await;
        assert_eq!(world.n_events(1, "page_failed").await, 0, "what is proven does not fail");
        world.hang_ups().carries_nothing();
        world.advance(20.minutes()).await;
        assert_eq!(world.calls().all().len(), 1, "it rings for nobody any more");
    }
);

scenario!(
    somebody_else_has_it_while_the_telephone_rings,
    house().reached_by("voice"),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let line = world.line(&world.calls());
        world.call_is(&line, "ringing").await;
        world.types("bob", "incidents", "/incident INC-1 ack").await;
        assert_eq!(world.hang_ups().carries().to, line.sid);
        // What the provider says of a call that we ended ourselves is no failure of hers.
        world.call_is(&line, "canceled").await;
        let row = world.ledger(1).await.remove(0);
        assert!(row.superseded.is_some() && row.failed.is_none() && row.delivered.is_none(), "{row:#?}");
        assert_eq!(world.n_events(1, "page_failed").await, 0);
        // A key that was pressed all the same is late; bob has it.
        let said = world.key_is_pressed(&line, "1").await;
        assert!(said.contains("bob has it already."), "{said}");
        assert_eq!(world.incident(1).await.state.ack().unwrap().by.to_string(), "bob");

        // A call that is over is left alone, and so is one whose key has just been pressed.
        world.alertmanager().fires(alert("DiskFull").service("checkout")).await;
        let over = world.line(&world.calls());
        world.call_is(&over, "in-progress").await;
        world.call_is(&over, "completed").await;
        world.types("bob", "incidents", "/incident INC-2 ack").await;
        world.alertmanager().fires(alert("QueueGrows").service("checkout")).await;
        let line = world.line(&world.calls());
        world.call_is(&line, "in-progress").await;
        world.key_is_pressed(&line, "1").await;
        world.hang_ups().carries_nothing();
        assert_eq!(world.state(3).await, "acknowledged");
    }
);

scenario!(
    the_telephone_stops_ringing_with_the_incident,
    house().reached_by("voice"),
    async |world: &mut World| {
        // Whatever the provider says to it, nothing else waits, and nobody but the log hears of it.
        world.may_log("a call was not ended");
        world.may_log("to be tried again");
        for (n, takes) in [
            (1, Takes::Everything),
            (2, Takes::Nothing(400, "21220 Unable to update record. Call is not in-progress.")),
            (3, Takes::Nothing(401, "20003 Authenticate")),
            (4, Takes::Nothing(500, "20500 Internal server error")),
        ] {
            world.hang_ups().takes(takes);
            world.alertmanager().fires(alert(&format!("Trouble{n}")).service("checkout")).await;
            let line = world.line(&world.calls());
            world.call_is(&line, "ringing").await;
            world.types("bob", "incidents", &format!("/incident INC-{n} resolve never mind")).await;
            let button = world.answer_button("bob", "incidents", "Resolve");
            world.clicks(button).await;
            assert_eq!(world.state(n).await, "resolved");
            if takes == Takes::Everything {
                assert_eq!(world.hang_ups().carries().to, line.sid);
            }
        }
    }
);

scenario!(
    what_never_arrived_is_followed_at_once_and_only_once,
    house().reached_by("sms, voice, webhook"),
    async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let sms = world.line(&world.sms());
        world.message_is(&sms, "sent", "").await;
        world.calls().carries_nothing();
        world.message_is(&sms, "undelivered", "30003").await;
        world.calls().carries();
        // The provider says it once more, and to another telephone it says that it arrived after all.
        world.message_is(&sms, "undelivered", "30003").await;
        world.message_is(&sms, "delivered", "").await;
        world.pager("alice").is_silent();
        assert_eq!(world.n_events(1, "page_failed").await, 1);
        let call = world.line(&world.calls());
        world.call_is(&call, "no-answer").await;
        world.pager("alice").rings();
        world.call_is(&call, "no-answer").await;
        assert_eq!(world.n_events(1, "page_failed").await, 2);
        let errors: BTreeMap<String, String> = world
            .ledger(1)
            .await
            .iter()
            .filter_map(|page| Some((page.method.to_string(), page.error.clone()?)))
            .collect();
        assert_eq!(errors["voice"], "nobody answered the telephone");
        let off = "the text message was not delivered: the telephone is switched off or out of reach (undelivered, error 30003)";
        assert_eq!(errors["sms"], off);
        world.types("alice", "incidents", "/incident INC-1 ack").await;
    }
);

scenario!(
    what_perhaps_was_taken_is_taken_when_the_provider_says_so,
    house().reached_by("sms, webhook"),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.sms().takes(Takes::ButSaysNothing);
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        world.sms().takes(Takes::Everything);
        world.pager("alice").rings();
        let line = world.line(&world.sms());
        world.message_is(&line, "delivered", "").await;
        let ledger = world.ledger(1).await;
        let row = ledger.iter().find(|page| page.method.to_string() == "sms").unwrap();
        assert_eq!(row.provider_id.as_deref(), Some(line.sid.as_str()));
        assert!(row.accepted.is_some() && row.delivered.is_some() && row.failed.is_none(), "{row:#?}");
        world.advance(2.minutes()).await;
        assert_eq!(world.sms().all().len(), 1, "it is not sent again");
        world.types("alice", "incidents", "/incident INC-1 ack").await;
    }
);

scenario!(nobody_else_is_believed, house().reached_by("sms, voice"), async |world: &mut World| {
    world.may_log("without its signature");
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    let line = world.line(&world.sms());
    let other = line.back.replace("page=INC-1", "page=INC-2");
    for (address, fields) in [
        (line.back.as_str(), [("MessageSid", line.sid.as_str()), ("MessageStatus", "failed")]),
        ("https://dontpanic.example.org/webhooks/twilio/sms", [("From", ALICE), ("Body", "ack")]),
        ("https://dontpanic.example.org/webhooks/twilio/voice", [("CallSid", "CA1"), ("Digits", "1")]),
        (other.as_str(), [("MessageSid", line.sid.as_str()), ("MessageStatus", "failed")]),
    ] {
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for shown in ["", "c2lnbmF0dXJl", "RSOYDt4T1cUTdK1PDd93/VVr8B8="] {
            assert_eq!(world.somebody_calls(address, &fields, shown).await.0, 403, "{address}");
        }
    }
    assert_eq!((world.state(1).await, world.n_events(1, "page_failed").await), ("triggered", 0));
    world.calls().carries_nothing();
});

scenario!(
    a_night_in_which_each_of_them_fails_in_turn,
    house().reached_by("slack, ntfy, email, sms, voice, webhook"),
    async |world: &mut World| {
        world.may_log("page was not accepted");
        world.may_log("to be tried again");
        let error_rate =
            alert("HighErrorRate").service("checkout").label("env", "prod").summary("High error rate");
        world.slack().goes_down();
        world.ntfy().takes(Takes::Nothing(507, "insufficient storage"));
        world
            .mail()
            .takes(Takes::Nothing(450, "4.2.0 <alice@example.org>: Recipient address rejected: Greylisted"));
        world.sms().takes(Takes::Nothing(400, "21610 Attempt to send to unsubscribed recipient"));
        world.alertmanager().fires(error_rate.clone()).await;
        let call = world.line(&world.calls());
        world.call_is(&call, "ringing").await;
        world.call_is(&call, "busy").await;
        world.pager("alice").rings();
        world.advance(1.minutes()).await;

        // What only passed is taken in the end, though late: nobody needs it any more.
        world.ntfy().takes(Takes::Everything);
        world.mail().takes(Takes::Everything);
        world.slack().comes_back();
        world.advance(2.minutes()).await;
        let link = world.mail().carries().ack_path();
        let (_, page) = world.opens("alice", &link).await;
        world.presses("alice", &link, Some(&page)).await;
        world.advance(20.minutes()).await;
        world.alertmanager().resolves(&error_rate).await;
        world.advance(11.minutes()).await;

        insta::assert_snapshot!("each_of_them_fails_in_turn", world.transcript());
        insta::assert_snapshot!("its_timeline_of_failures", world.timeline_text(1).await);
    }
);

scenario!(whose_number_is_gone_is_not_waited_for, house().reached_by("sms"), async |world: &mut World| {
    world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
    assert_eq!(world.sms().carries().to, ALICE);
    let line = world.line(&world.sms());
    world.message_is(&line, "undelivered", "30005").await;
    assert_eq!(world.sms().carries().to, "+33600000002", "the next step fires at once");
    world.slack().room("dontpanic-admin").reads("there is no such number any more");
    world.texts("+33600000002", "SM70", "ack").await;
    assert_eq!(world.incident(1).await.state.ack().unwrap().by.to_string(), "bob");
});

async fn the_same_is_said_to_several_at_once(database: TestDatabase) {
    let house = house().reached_by("sms, ntfy, webhook");
    World::plays_on_two(house, database, async |world: &mut World| {
        world.alertmanager().fires(alert("HighErrorRate").service("checkout")).await;
        let line = world.line(&world.sms());
        world.message_is_at_once(&line, "failed").await;
        world.ntfy().carries();
        assert_eq!(world.n_events(1, "page_failed").await, 1);
        world.pager("alice").is_silent();
        world.types("alice", "incidents", "/incident INC-1 ack").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_is_said_to_several_at_once_on_two_replicas() {
    the_same_is_said_to_several_at_once(TestDatabase::postgres().await).await;
}
