//! The store keeps its promises on both databases.

mod commits;
mod letters;
mod losses;
mod opening;
mod pages;
mod races;
mod scratch;
mod values;
