//! What the service does, told as scenarios: each runs on both databases, through the real doors, with a moved clock.

mod alerts;
mod answers;
mod commands;
mod doors;
mod endings;
mod forms;
mod groups;
mod hours;
mod ladder;
mod night;
mod paces;
mod pages;
mod recordings;
mod rooms;
mod sockets;
mod together;
mod troubles;
