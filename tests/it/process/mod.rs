//! The real program from outside: killed, stopped, restarted, fed with rubbish, and behind the real Alertmanager.

mod alertmanager;
mod backup;
mod bad_input;
mod checking;
mod database;
mod explaining;
mod killed;
mod monitoring;
mod pair;
mod rehearsing;
mod reload;
mod replay;
mod replicas;
mod starting;
mod stopped;
mod truth;
