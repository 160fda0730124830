//! The user group of a schedule holds whoever is the primary: by the rotation, by an override, and never nobody.

use dontpanic::workspace::Fault;

use crate::harness::house::{House, house};
use crate::harness::world::{Span as _, World, scenario};

fn mirrored() -> House {
    let schedule = "\n  platform:\n    timezone: Europe/Paris\n    rotation: {every: 1w, start: 2026-11-16, people: [alice, bob]}\n    \
                    usergroup: oncall-platform";
    house().with("schedules", schedule)
}

fn holds(world: &World) -> Vec<String> {
    let group = world.workspace().user_groups().into_iter().find(|group| group.handle == "oncall-platform");
    group.expect("there is such a group").users
}

fn n_updates(world: &World) -> usize {
    world.workspace().calls().iter().filter(|call| call.method == "usergroups.users.update").count()
}

scenario!(a_group_holds_the_primary, mirrored(), async |world: &mut World| {
    world.workspace().add_user_group("oncall-platform", &["U0E"]);
    world.settle().await;
    assert_eq!(holds(world), ["U0A"]);
    world.types("bob", "incidents", "/oncall take 2h").await;
    assert_eq!(holds(world), ["U0B"]);
    world.advance(2.hours()).await;
    assert_eq!(holds(world), ["U0A"]);
    let n = n_updates(world);
    world.restart().await;
    world.advance(10.hours()).await;
    assert_eq!(n_updates(world), n, "only when it changes");
    world.may_log("to be tried again");
    world.slack().fails_next("usergroups.users.update", Fault::Http(500), 2);
    world.advance_to("2026-11-23T08:00:00Z".parse().expect("a time")).await;
    for _ in 0..3 {
        world.wire_passes(1.minutes()).await;
    }
    assert_eq!(holds(world), ["U0B"], "Slack's trouble passes");
});

scenario!(a_group_that_is_not_there_is_told_to_the_admins, mirrored(), async |world: &mut World| {
    world.may_give_up();
    world.settle().await;
    world.slack().room("dontpanic-admin").reads("there is no user group `oncall-platform`");
});
