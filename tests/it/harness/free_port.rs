//! Ports for programs that are told where to listen.

use std::net::TcpListener;

/// A port on 127.0.0.1 that is free now. It lies below the range that systems give out by themselves, so that no outgoing
/// connection of a test running beside this one takes it before the program listens.
pub fn free_port() -> u16 {
    std::iter::repeat_with(|| rand::random_range(10_000..30_000))
        .take(1000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("there is no free port on 127.0.0.1")
}
