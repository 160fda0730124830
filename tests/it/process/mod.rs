//! The real program from outside: killed, stopped, restarted, fed with rubbish, and behind the real Alertmanager.

mod alertmanager;
mod bad_input;
mod database;
mod killed;
mod replicas;
mod starting;
mod stopped;
