//! What the service does, told as scenarios: each runs on both databases, through the real doors, with a moved clock.

mod alerts;
mod answers;
mod archives;
mod asked;
mod channels;
mod commands;
mod crashes;
mod doors;
mod endings;
mod every_call;
mod forms;
mod groups;
mod homes;
mod hours;
mod ladder;
mod night;
mod paces;
mod pages;
mod recordings;
mod replicas;
mod rooms;
mod samples;
mod sockets;
mod talk;
mod together;
mod troubles;
