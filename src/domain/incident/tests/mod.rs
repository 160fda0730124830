//! The machine, proven: nights told as transcripts, the whole table, and scripts at random.

mod actions;
mod asked;
mod calls;
mod child;
mod climbing;
mod delivery;
mod digests;
mod ending;
mod feedback;
mod flapping;
mod folding;
mod gone;
mod house;
mod merging;
mod night;
mod nudging;
mod people;
mod promises;
mod random;
mod relief;
mod reviews;
mod rooms;
mod severities;
mod silences;
mod storms;
mod table;
mod together;
mod transcript;

use night::{Night, Shown};

use crate::domain::severity::Severity;
