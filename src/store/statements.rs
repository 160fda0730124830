//! SQL as constants, listed so that one test can prepare every statement on both databases.
//!
//! Text that is not a constant never reaches the database; the one exception is a statement about several rows, whose
//! repetitions are built once from constants.

use std::sync::OnceLock;

/// Declares SQL constants and `ALL`, the list of them.
///
/// `NAME = "…";` is a `&'static str`. `NAME[3] = "INSERT INTO t (a, b, c) VALUES {rows} ON CONFLICT …";` is a
/// [`Rows`] of three columns, for [`Tx::with_rows`](super::Tx::with_rows), and
/// `NAME[1] = "SELECT … WHERE a IN ({rows})";` one for [`Tx::about`](super::Tx::about).
/// `NAME[TEXT, BIGINT] = "UPDATE t SET … FROM (VALUES {rows}) AS v WHERE a = v.column1";` names the types of columns that
/// no table gives a type to.
macro_rules! statements {
    (@item [$($meta:tt)*] $name:ident = $sql:literal) => {
        $($meta)*
        const $name: &str = $sql;
    };
    (@item [$($meta:tt)*] $name:ident [$columns:literal] = $sql:literal) => {
        $($meta)*
        static $name: $crate::store::Rows = $crate::store::Rows::new($sql, $columns);
    };
    (@item [$($meta:tt)*] $name:ident [$($kind:ident),+] = $sql:literal) => {
        $($meta)*
        static $name: $crate::store::Rows = $crate::store::Rows::typed($sql, &[$(stringify!($kind)),+]);
    };
    (@listed $name:ident) => { $crate::store::Listed::One($name) };
    (@listed $name:ident [$($columns:tt),+]) => { $crate::store::Listed::Rows(&$name) };
    ($($(#[doc = $doc:literal])+ $name:ident $([$($columns:tt),+])? = $sql:literal;)+) => {
        $($crate::store::statements!(@item [$(#[doc = $doc])+] $name $([$($columns),+])? = $sql);)+

        /// Every statement of this module.
        pub(crate) static ALL: &[$crate::store::Listed] =
            &[$($crate::store::statements!(@listed $name $([$($columns),+])?)),+];
    };
}
pub(crate) use statements;

/// How many rows one statement may carry, largest first. Few sizes, so that each stays prepared.
const SIZES: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// The text of each size.
type Texts = [String; SIZES.len()];

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
    pub fn texts(&self, places: Places) -> Vec<&'static str> {
        match self {
            Self::One(text) => vec![text],
            Self::Rows(rows) => rows.texts(places).iter().map(String::as_str).collect(),
        }
    }
}

/// How the place of a value is written in a statement about several rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// `$1, $2, …`: the only way that PostgreSQL knows.
    Numbered,
    /// `?, ?, …`: SQLite gives a number a name, and looks every name up among all of them whenever a value is bound; with
    /// hundreds of values that costs more than what the statement does.
    InOrder,
}

/// A statement about several rows: `{rows}` in its text stands for `($1, $2), ($3, $4), …`, the only values in it.
#[derive(Debug)]
pub struct Rows {
    pattern: &'static str,
    columns: usize,
    /// What each column is cast to; none when the table says so.
    kinds: &'static [&'static str],
    numbered: OnceLock<Texts>,
    in_order: OnceLock<Texts>,
}

impl Rows {
    /// Declared by `statements!`.
    pub const fn new(pattern: &'static str, columns: usize) -> Self {
        Self { pattern, columns, kinds: &[], numbered: OnceLock::new(), in_order: OnceLock::new() }
    }

    /// Declared by `statements!`, with types.
    pub const fn typed(pattern: &'static str, kinds: &'static [&'static str]) -> Self {
        Self { pattern, columns: kinds.len(), kinds, numbered: OnceLock::new(), in_order: OnceLock::new() }
    }

    /// The largest statement that `rows` rows fill, and how many of them it takes; `None` when there are none left.
    pub(super) fn largest(&'static self, places: Places, rows: usize) -> Option<(&'static str, usize)> {
        self.texts(places).iter().map(String::as_str).zip(SIZES).find(|(_, size)| *size <= rows)
    }

    /// The smallest statement that has room for `rows` rows, or the largest there is, and how many it has room for.
    pub(super) fn roomy(&'static self, places: Places, rows: usize) -> Option<(&'static str, usize)> {
        let mut sizes = self.texts(places).iter().map(String::as_str).zip(SIZES);
        let largest = sizes.next();
        sizes.take_while(|(_, size)| *size >= rows).last().or(largest)
    }

    fn texts(&'static self, places: Places) -> &'static Texts {
        let texts = match places {
            Places::Numbered => &self.numbered,
            Places::InOrder => &self.in_order,
        };
        texts.get_or_init(|| SIZES.map(|rows| self.pattern.replace("{rows}", &self.rows(places, rows))))
    }

    fn rows(&self, places: Places, rows: usize) -> String {
        let row = |row: usize| {
            let row = (1..=self.columns).map(|column| {
                let place = match places {
                    Places::Numbered => format!("${}", row * self.columns + column),
                    Places::InOrder => "?".to_owned(),
                };
                match self.kinds.get(column - 1) {
                    Some(kind) => format!("CAST({place} AS {kind})"),
                    None => place,
                }
            });
            format!("({})", row.collect::<Vec<_>>().join(", "))
        };
        (0..rows).map(row).collect::<Vec<_>>().join(", ")
    }
}
