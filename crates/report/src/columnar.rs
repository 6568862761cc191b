//! What all our Parquet files have in common.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 64-bit floats.
    Number,
    /// 64-bit integers.
    Count,
    /// UTF-8 text.
    Word,
}

/// Begins a file with these columns (name, kind, whether it may be null). Compressed with Snappy.
pub(crate) fn file<W: Write + Send>(
    out: W,
    row: &str,
    columns: impl IntoIterator<Item = (String, Kind, bool)>,
) -> Result<SerializedFileWriter<W>, ParquetError> {
    let version = concat!("tokendrome ", env!("CARGO_PKG_VERSION"));
    let about = KeyValue::new("tokendrome.schema_version".to_owned(), "1.0".to_owned());
    let properties = WriterProperties::builder()
        .set_created_by(version.to_owned())
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![about]))
        .build();
    let column = |(name, kind, optional): (String, Kind, bool)| {
        let (physical, logical) = match kind {
            Kind::Number => (Physical::DOUBLE, None),
            Kind::Count => (Physical::INT64, None),
            Kind::Word => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let repetition = if optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        Type::primitive_type_builder(&name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()
            .map(Arc::new)
    };
    let columns = columns.into_iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder(row).with_fields(columns).build()?;
    SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
}

/// Writes the next column, in which every row has a value.
pub(crate) fn write_all<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    write::<T, W>(group, values, None)
}

/// Writes the next column, in which a row may have no value.
pub(crate) fn write_some<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: Vec<Option<T::T>>,
) -> Result<(), ParquetError> {
    // A null is the definition level 0 and no value.
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    write::<T, W>(group, &values, Some(&levels))
}

fn write<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let column = group.next_column()?;
    let mut column = column.expect("the schema has a column for each that is written");
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// The error of the file behind that of the format.
pub(crate) fn as_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => *cause,
            Err(cause) => io::Error::other(cause),
        },
        error => io::Error::other(error),
    }
}
