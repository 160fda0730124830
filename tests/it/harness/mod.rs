//! What tests stand on.

pub mod alertmanager;
pub mod database;
pub mod free_port;
pub mod homes;
pub mod house;
pub mod logs;
pub mod pagers;
pub mod partner;
pub mod process;
pub mod providers;
pub mod slack;
pub mod strict;
pub mod transcript;
pub mod twilio;
pub mod world;

/// Runs `async fn $name(place: TestDatabase)` on both databases, as `$name::sqlite` and `$name::postgres`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => { $(
        mod $name {
            use crate::harness::database::TestDatabase;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(TestDatabase::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(TestDatabase::postgres().await).await;
            }
        }
    )+ };
}
pub(crate) use on_both;
