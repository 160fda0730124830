//! SQL as constants, listed so that one test can prepare every statement on both databases.
//!
//! Text that is not a constant never reaches the database; the one exception is a statement about several rows, whose
//! repetitions are built once from constants.

use std::sync::OnceLock;

/// Declares SQL constants and `ALL`, the list of them.
///
/// `NAME = "…";` is a `&'static str`. `NAME[3] = "INSERT INTO t (a, b, c) VALUES {rows} ON CONFLICT …";` is a
/// [`Rows`] of three columns, for [`Tx::insert_rows`](super::Tx::insert_rows), and
/// `NAME[1] = "SELECT … WHERE a IN ({rows})";` one for [`Tx::about`](super::Tx::about).
macro_rules! statements {
    (@item [$($meta:tt)*] $name:ident = $sql:literal) => {
        $($meta)*
        const $name: &str = $sql;
    };
    (@item [$($meta:tt)*] $name:ident [$columns:literal] = $sql:literal) => {
        $($meta)*
        static $name: $crate::store::Rows = $crate::store::Rows::new($sql, $columns);
    };
    (@listed $name:ident) => { $crate::store::Listed::One($name) };
    (@listed $name:ident [$columns:literal]) => { $crate::store::Listed::Rows(&$name) };
    ($($(#[doc = $doc:literal])+ $name:ident $([$columns:literal])? = $sql:literal;)+) => {
        $($crate::store::statements!(@item [$(#[doc = $doc])+] $name $([$columns])? = $sql);)+

        /// Every statement of this module.
        pub(crate) static ALL: &[$crate::store::Listed] =
            &[$($crate::store::statements!(@listed $name $([$columns])?)),+];
    };
}
pub(crate) use statements;

/// How many rows one statement may carry, largest first. Few sizes, so that each stays prepared.
const SIZES: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// One entry of a module's `ALL`.
#[derive(Debug)]
pub enum Listed {
    /// A plain statement.
    One(&'static str),
    /// A statement about several rows, which is one text per size.
    Rows(&'static Rows),
}

impl Listed {
    /// The texts that reach the database.
    pub fn texts(&self) -> Vec<&'static str> {
        match self {
            Self::One(text) => vec![text],
            Self::Rows(rows) => rows.texts().iter().map(String::as_str).collect(),
        }
    }
}

/// A statement about several rows: `{rows}` in its text stands for `($1, $2), ($3, $4), …`.
#[derive(Debug)]
pub struct Rows {
    pattern: &'static str,
    columns: usize,
    texts: OnceLock<[String; SIZES.len()]>,
}

impl Rows {
    /// Declared by `statements!`.
    pub const fn new(pattern: &'static str, columns: usize) -> Self {
        Self { pattern, columns, texts: OnceLock::new() }
    }

    /// The largest statement that `rows` rows fill, and how many of them it takes; `None` when there are none left.
    pub(super) fn largest(&'static self, rows: usize) -> Option<(&'static str, usize)> {
        self.texts().iter().map(String::as_str).zip(SIZES).find(|(_, size)| *size <= rows)
    }

    /// The smallest statement that has room for `rows` rows, or the largest there is, and how many it has room for.
    pub(super) fn roomy(&'static self, rows: usize) -> Option<(&'static str, usize)> {
        let mut sizes = self.texts().iter().map(String::as_str).zip(SIZES);
        let largest = sizes.next();
        sizes.take_while(|(_, size)| *size >= rows).last().or(largest)
    }

    fn texts(&'static self) -> &'static [String; SIZES.len()] {
        self.texts.get_or_init(|| SIZES.map(|rows| self.pattern.replace("{rows}", &self.places(rows))))
    }

    fn places(&self, rows: usize) -> String {
        let row = |row: usize| {
            let places = (1..=self.columns).map(|column| format!("${}", row * self.columns + column));
            format!("({})", places.collect::<Vec<_>>().join(", "))
        };
        (0..rows).map(row).collect::<Vec<_>>().join(", ")
    }
}
