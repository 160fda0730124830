//! What the service does, told as scenarios: each runs on both databases, through the real doors, with a moved clock.

mod alerts;
mod answers;
mod asked;
mod commands;
mod crashes;
mod doors;
mod endings;
mod every_call;
mod forms;
mod groups;
mod hours;
mod ladder;
mod night;
mod paces;
mod pages;
mod recordings;
mod replicas;
mod rooms;
mod sockets;
mod together;
mod troubles;
