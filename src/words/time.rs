//! How time is said to people.

pub use crate::domain::span::humane;
