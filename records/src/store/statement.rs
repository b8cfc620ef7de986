//! A statement with its values, and a row of its answer, in words that both engines know.

use crate::error::{RecordsError, Result};
use domain::{
    AgentId, ChannelId, ContactId, ConversationId, DeviceId, FileId, QueueId, RefusedNumberId,
    TenantId, Timestamp,
};
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow};
use std::{borrow::Cow, fmt::Display, str::FromStr, sync::Arc};

/// A value for a placeholder. A NULL keeps its type, which PostgreSQL asks for.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
    Bool(bool),
}

/// PostgreSQL's text cannot hold the NUL character; a foreign text must not make a row unstorable.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(storable(text).into_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(|text| storable(text).into_owned()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Int(Some(i64::from(number)))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(Some(i64::from(number)))
    }
}

impl From<u64> for Value {
    /// Our numbers (seqs, versions, sizes) stay far below 2^63; a larger one is capped.
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&[u8; 32]> for Value {
    fn from(bytes: &[u8; 32]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.0))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Int(at.map(|at| at.0))
    }
}

macro_rules! value_from_id {
    ($($id:ty),+) => {$(
        impl From<&$id> for Value {
            fn from(id: &$id) -> Self {
                Self::Text(Some(id.as_str().to_owned()))
            }
        }

        impl From<Option<&$id>> for Value {
            fn from(id: Option<&$id>) -> Self {
                Self::Text(id.map(|id| id.as_str().to_owned()))
            }
        }
    )+};
}
value_from_id!(
    AgentId,
    ChannelId,
    ContactId,
    ConversationId,
    DeviceId,
    FileId,
    QueueId,
    RefusedNumberId,
    TenantId
);

/// The most rows of one page, whatever a caller asks for: an answer must fit in memory.
const PAGE_ROWS_MAX: u32 = 1000;

/// A statement's text with `$1`, `$2`, … and their values. Its text is only ever put together from
/// texts of this crate: nothing from outside can become SQL.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) text: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

/// A statement of this text, still without values.
pub(crate) fn sql(text: &'static str) -> Statement {
    Statement { text: Cow::Borrowed(text), values: Vec::new() }
}

impl Statement {
    /// Gives the next placeholder its value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends more text.
    pub(crate) fn push(mut self, text: &'static str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Appends text, a placeholder and its value.
    pub(crate) fn push_bind(mut self, text: &'static str, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let place = self.values.len();
        let whole = self.text.to_mut();
        whole.push_str(text);
        whole.push('$');
        whole.push_str(&place.to_string());
        self
    }

    /// Appends the end of a page: at most so many rows, and never more than [`PAGE_ROWS_MAX`].
    pub(crate) fn limit(self, rows: u32) -> Self {
        self.push_bind(" LIMIT ", rows.min(PAGE_ROWS_MAX))
    }
}

/// A row of either engine.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    /// Of SQLite too, by its own thread.
    Held(HeldRow),
    Postgres(PgRow),
}

/// A row that was taken out of the database whole.
#[derive(Debug)]
pub(crate) struct HeldRow {
    pub(crate) names: Arc<[String]>,
    pub(crate) cells: Vec<Cell>,
}

/// One value of a row.
#[derive(Debug)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    /// A fraction: no column of ours has any.
    Real,
    Text(String),
    Bytes(Vec<u8>),
}

/// A type that both engines can give back.
pub(crate) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
    /// The value of a cell; `None` if it is of another type.
    fn of(cell: &Cell) -> Option<Self>;
}

impl Column for i64 {
    fn of(cell: &Cell) -> Option<Self> {
        if let Cell::Int(number) = cell { Some(*number) } else { None }
    }
}

impl Column for bool {
    fn of(cell: &Cell) -> Option<Self> {
        if let Cell::Int(number) = cell { Some(*number != 0) } else { None }
    }
}

impl Column for String {
    fn of(cell: &Cell) -> Option<Self> {
        if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
    }
}

impl Column for Vec<u8> {
    fn of(cell: &Cell) -> Option<Self> {
        if let Cell::Bytes(bytes) = cell { Some(bytes.clone()) } else { None }
    }
}

impl Column for Option<i64> {
    fn of(cell: &Cell) -> Option<Self> {
        if let Cell::Null = cell { Some(None) } else { i64::of(cell).map(Some) }
    }
}

impl Column for Option<String> {
    fn of(cell: &Cell) -> Option<Self> {
        if let Cell::Null = cell { Some(None) } else { String::of(cell).map(Some) }
    }
}

impl HeldRow {
    fn get<T: Column>(&self, column: &'static str) -> Result<T> {
        let place = self.names.iter().position(|name| name == column);
        let cell = place.and_then(|place| self.cells.get(place));
        let cell = cell.ok_or_else(|| corrupt(column, &"there is no such column"))?;
        T::of(cell).ok_or_else(|| corrupt(column, &"it is of another type"))
    }
}

impl Row {
    /// The value of a column.
    pub(crate) fn get<T: Column>(&self, column: &'static str) -> Result<T> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Held(row) => return row.get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(|error| corrupt(column, &error))
    }

    /// An identifier, or another word that parses.
    pub(crate) fn word<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<T> {
        self.get::<String>(column)?.parse().map_err(|error| corrupt(column, &error))
    }

    /// As [`Row::word`], where NULL is none.
    pub(crate) fn word_if_any<T: FromStr<Err: Display>>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>> {
        let text = self.get::<Option<String>>(column)?;
        text.map(|text| text.parse().map_err(|error| corrupt(column, &error))).transpose()
    }

    /// A point in time.
    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp> {
        self.get(column).map(Timestamp)
    }

    /// A point in time, where NULL is none.
    pub(crate) fn time_if_any(&self, column: &'static str) -> Result<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp))
    }

    /// A number that is never negative.
    pub(crate) fn number<T: TryFrom<i64, Error: Display>>(
        &self,
        column: &'static str,
    ) -> Result<T> {
        T::try_from(self.get::<i64>(column)?).map_err(|error| corrupt(column, &error))
    }

    /// A SHA-256 hash.
    pub(crate) fn hash(&self, column: &'static str) -> Result<[u8; 32]> {
        let bytes = self.get::<Vec<u8>>(column)?;
        <[u8; 32]>::try_from(bytes.as_slice()).map_err(|error| corrupt(column, &error))
    }

    /// A document stored as JSON text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        serde_json::from_str(&self.get::<String>(column)?).map_err(|error| corrupt(column, &error))
    }
}

fn corrupt(column: &'static str, problem: &impl Display) -> RecordsError {
    RecordsError::Corrupt { column, problem: problem.to_string() }
}

/// The JSON text of a document.
pub(crate) fn json(field: &'static str, document: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(document)
        .map_err(|error| RecordsError::Unstorable { field, problem: error.to_string() })
}

/// The tag of a unit variant, as serde writes it.
pub(crate) fn tag(field: &'static str, variant: &impl serde::Serialize) -> Result<String> {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(tag)) => Ok(tag),
        Ok(_) => Err(RecordsError::Unstorable { field, problem: "it is not one word".to_owned() }),
        Err(error) => Err(RecordsError::Unstorable { field, problem: error.to_string() }),
    }
}

/// The variant of a tag, as serde reads it.
pub(crate) fn untag<T: serde::de::DeserializeOwned>(
    column: &'static str,
    tag: String,
) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(tag)).map_err(|error| corrupt(column, &error))
}
