//! The store keeps its promises on both databases.

mod cancelled;
mod commits;
mod letters;
mod losses;
mod opening;
mod outbox;
mod pages;
mod plans;
mod races;
mod scratch;
mod values;
