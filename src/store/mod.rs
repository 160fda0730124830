//! What is remembered: one code path for SQLite and PostgreSQL.
//!
//! The only room that names `sqlx`. [`Db`] is opened once; everything is written by jobs handed to [`Db::write`] and read
//! by jobs handed to [`Db::read`]. A job sees the database through its [`Tx`] alone, and tables are free functions over
//! `&mut Tx`. Jobs that wait together are committed together, which is what makes a durable answer cheap.
//!
//! It must never read a clock (times are arguments), never answer before the commit, and never speak a dialect: the few
//! words in which the two databases differ stand in `source.rs`.

pub mod actions;
pub mod alert_sources;
pub mod alerts;
pub mod canvases;
pub mod ends;
pub mod handoffs;
pub mod homes;
pub mod inbox;
pub mod incidents;
pub mod keys;
pub mod notes;
pub mod outbox;
pub mod overrides;
pub mod pages;
pub mod postmortems;
pub mod remembered;
pub mod silences;
pub mod storms;
pub mod swaps;
pub mod timeline;
pub mod usergroups;

mod backup;
mod codec;
mod db;
mod error;
mod lock;
mod private;
mod snapshot;
mod source;
mod statements;
mod tx;
mod writer;

pub use backup::{NoBackup, backup};
pub use codec::{Json, Micros, Storable, Text, storable};
pub use db::Db;
pub use error::StoreError;
pub use source::Target;
pub use sqlx::migrate::Migrator;
pub use statements::{Listed, Places, Rows};
pub use tx::{Affected, Query, Tx};
pub use writer::{Commit, Moment};

pub(crate) use statements::statements;

/// Every statement that the program can send to such a database: a test prepares them all on both.
pub fn every_statement(places: Places) -> impl Iterator<Item = &'static str> {
    [
        db::ALL,
        actions::ALL,
        alert_sources::ALL,
        alerts::ALL,
        canvases::ALL,
        ends::ALL,
        handoffs::ALL,
        homes::ALL,
        inbox::ALL,
        incidents::ALL,
        keys::ALL,
        notes::ALL,
        outbox::ALL,
        overrides::ALL,
        pages::ALL,
        postmortems::ALL,
        remembered::ALL,
        swaps::ALL,
        silences::ALL,
        storms::ALL,
        timeline::ALL,
        usergroups::ALL,
    ]
    .into_iter()
    .flatten()
    .flat_map(move |listed| listed.texts(places))
}
