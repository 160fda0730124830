//! SIGHUP and changed files: the real program reads its configuration anew, and nothing of that ends it.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;

use crate::harness::database::TestDatabase;
use crate::harness::free_port::free_port;
use crate::harness::on_both;
use crate::harness::process::bot::Bot;
use crate::harness::process::surroundings::{Rules, Surroundings, firing};
use crate::harness::process::{PATIENCE, eventually, pause};

on_both!(a_bad_file_then_a_good_one);

const GOOD: &str =
    "---\nalerts: [DiskFull]\n---\n# Disk full\n\n## Diagnosis Steps\n\n1. Look at the disk.\n";

/// Replaces words in a file, as an editor does: another file takes its place.
fn edit(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    let edited = text.replace(from, to);
    assert_ne!(text, edited, "nothing to edit");
    let beside = file.with_extension("new");
    std::fs::write(&beside, edited).unwrap();
    std::fs::rename(&beside, file).unwrap();
}

async fn says(bot: &Bot, words: &str) {
    eventually(&format!("it says `{words}`"), PATIENCE, async || {
        bot.process.said().contains(words).then_some(())
    })
    .await;
}

/// How often the admin channel has read the words.
fn told(around: &Surroundings, words: &str) -> usize {
    let channel = around.slack.channel_by_name("dontpanic-admin").expect("the channel is there");
    around.slack.messages(&channel.id).iter().filter(|message| message.text.contains(words)).count()
}

async fn is_told(around: &Surroundings, words: &str) {
    eventually(&format!("the admins are told `{words}`"), PATIENCE, async || {
        (told(around, words) > 0).then_some(())
    })
    .await;
}

async fn a_bad_file_then_a_good_one(place: TestDatabase) {
    let around = Surroundings::new(place, Rules::default()).await;
    let port = free_port();
    let mut bot = around.bot_on(port).await;
    let file = around.config_file(port);
    let before = bot.api("oncall").await["primary"].clone();
    edit(&file, "people: [alice, bob]", "people: [alice, bobb]");
    bot.process.signal("HUP");
    says(&bot, "`bobb` is not defined under `people`").await;
    is_told(&around, "cannot be used").await;
    assert!(bot.process.is_running());
    assert_eq!(bot.receives(&firing("LedgerDown", "a")).await.unwrap(), StatusCode::OK);
    around.pagers.rings_within("alice", PATIENCE).await;

    // Nobody sends a signal: the file is looked at.
    edit(&file, "people: [alice, bobb]", "people: [bob, alice]");
    is_told(&around, "`schedules`: platform changed").await;
    let after = bot.api("oncall").await["primary"].clone();
    assert!(before != after && after.is_string(), "{before}, then {after}");
    assert_eq!(told(&around, "cannot be used"), 1);
    // And a signal that says nothing new is said so in the log.
    bot.process.signal("HUP");
    says(&bot, "nothing has changed").await;
    assert!(bot.process.is_running());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hangup_before_it_is_up_does_not_end_it() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    for wait in [5, 20, 60, 150] {
        let port = free_port();
        let mut bot = Bot::begin(&around.config(port), port);
        pause(Duration::from_millis(wait)).await;
        // As long as the program itself has not begun, the signal is not its own.
        if bot.process.catches("HUP") {
            for _ in 0..3 {
                bot.process.signal("HUP");
            }
        }
        bot.is_ready().await;
        bot.process.signal("HUP");
        says(&bot, "nothing has changed").await;
        bot.kill().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runbook_that_changes_is_read_anew() {
    let around = Surroundings::new(TestDatabase::sqlite(), Rules::default()).await;
    let bot = around.bot().await;
    let folder = around.folder().join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("disk-full.md"), GOOD).unwrap();
    is_told(&around, "`runbooks`: disk-full added").await;
    drop(bot);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_take_it_over_and_one_tells() {
    let around = Surroundings::new(TestDatabase::postgres().await, Rules::default()).await;
    let (one, other) = (free_port(), free_port());
    let (one_bot, other_bot) = tokio::join!(around.bot_on(one), around.bot_on(other));
    for port in [one, other] {
        edit(&around.config_file(port), "people: [alice, bob]", "people: [bob, alice]");
    }
    for bot in [&one_bot, &other_bot] {
        eventually("the replica has it", PATIENCE, async || {
            (bot.api("oncall").await["primary"] == "bob").then_some(())
        })
        .await;
    }
    is_told(&around, "`schedules`: platform changed").await;
    pause(Duration::from_secs(2)).await;
    assert_eq!(told(&around, "`schedules`: platform changed"), 1);
    for (user, words) in [("U0A", "You are not on call"), ("U0B", "You are on call")] {
        let (_, messages) = around.slack.direct_messages(user).expect("they are told");
        // A process that first looked at its old copy after the other had read the new one has told the opposite in between.
        let last = messages.last().map(|message| message.text.as_str()).unwrap_or_default();
        assert!(last.contains(words), "{user}: {last}");
    }
}
