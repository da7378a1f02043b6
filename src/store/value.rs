//! Values on their way to the base.

use std::sync::Arc;

/// A value to be bound or appended.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A whole number or none.
    OptInt(Option<i64>),
    /// A text.
    Text(Arc<str>),
    /// A text or none.
    OptText(Option<Arc<str>>),
    /// Bytes.
    Blob(Vec<u8>),
    /// Bytes or none.
    OptBlob(Option<Vec<u8>>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(value.into())
    }
}
impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Value {
        Value::OptInt(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.into())
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Value {
        Value::Text(value.as_str().into())
    }
}
impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Value {
        Value::OptText(value.map(Into::into))
    }
}
impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Value {
        Value::Blob(value.to_vec())
    }
}
