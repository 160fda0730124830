//! What the service does, told as scenarios: each runs on both databases, through the real doors, with a moved clock.

mod alerts;
mod answers;
mod commands;
mod doors;
mod forms;
mod hours;
mod ladder;
mod night;
mod paces;
mod pages;
mod recordings;
mod rooms;
mod samples;
mod sockets;
mod together;
mod troubles;
