//! The machine, proven: nights told as transcripts, the whole table, and scripts at random.

mod actions;
mod asked;
mod child;
mod climbing;
mod delivery;
mod digests;
mod ending;
mod feedback;
mod flapping;
mod house;
mod night;
mod people;
mod promises;
mod random;
mod reviews;
mod rooms;
mod severities;
mod silences;
mod table;
mod transcript;

use night::{Night, Shown};

use crate::domain::severity::Severity;
