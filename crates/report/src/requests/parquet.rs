//! Requests as Apache Parquet.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use tokendrome::TimeUnit;
use tokendrome::units::TICK;
use tokendrome_metrics::RequestRecord;

use super::{COLUMNS, class_name, columns, in_order, reason, tpot_nanos};

/// Rows that are held as columns at once.
const ROWS_PER_GROUP: usize = 131_072;

/// Writes the requests as Parquet, with the columns of [`columns`].
///
/// Times are seconds (or ticks) as 64-bit floats, counts 64-bit integers, words UTF-8 strings. What
/// a request does not have is a null. Compressed with Snappy. `classes` are the names of the
/// classes in the order of their numbers.
///
/// # Errors
/// `out` fails.
pub fn write_parquet(
    records: &[RequestRecord],
    classes: &[String],
    unit: TimeUnit,
    out: impl Write + Send,
) -> io::Result<()> {
    let version = concat!("tokendrome ", env!("CARGO_PKG_VERSION"));
    let about = KeyValue::new("tokendrome.schema_version".to_owned(), "1.0".to_owned());
    let properties = WriterProperties::builder()
        .set_created_by(version.to_owned())
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![about]))
        .build();
    let write = || -> Result<(), ParquetError> {
        let mut file =
            SerializedFileWriter::new(out, Arc::new(schema(unit)?), Arc::new(properties))?;
        for rows in in_order(records).chunks(ROWS_PER_GROUP) {
            let mut group = file.next_row_group()?;
            write_group(&mut group, rows, classes, unit)?;
            group.close()?;
        }
        file.close().map(drop)
    };
    write().map_err(|error| match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => *cause,
            Err(cause) => io::Error::other(cause),
        },
        error => io::Error::other(error),
    })
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    Seconds,
    Count,
    Word,
}

/// Kinds of the columns, and whether they may be null.
const KINDS: [(Kind, bool); COLUMNS.len()] = [
    (Kind::Count, false),
    (Kind::Seconds, false),
    (Kind::Seconds, true),
    (Kind::Seconds, true),
    (Kind::Seconds, true),
    (Kind::Count, false),
    (Kind::Count, false),
    (Kind::Count, false),
    (Kind::Seconds, true),
    (Kind::Count, false),
    (Kind::Count, true),
    (Kind::Word, false),
    (Kind::Word, false),
    (Kind::Word, true),
];

fn schema(unit: TimeUnit) -> Result<Type, ParquetError> {
    let column = |(name, (kind, optional)): (String, (Kind, bool))| {
        let (physical, logical) = match kind {
            Kind::Seconds => (Physical::DOUBLE, None),
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
    let columns = columns(unit).into_iter().zip(KINDS).map(column);
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("request").with_fields(columns).build()
}

/// Writes the columns, in the order of [`COLUMNS`].
fn write_group<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[&RequestRecord],
    classes: &[String],
    unit: TimeUnit,
) -> Result<(), ParquetError> {
    let time = |nanos: u64| match unit {
        TimeUnit::Second => nanos as f64 / 1e9,
        TimeUnit::Tick => nanos as f64 / TICK.as_nanos() as f64,
    };
    let mut columns = Columns { group, rows };
    columns.all::<Int64Type>(|r| i64::from(r.index))?;
    columns.all::<DoubleType>(|r| time(r.arrival.as_nanos()))?;
    columns.some::<DoubleType>(|r| r.ttft().map(|t| time(t.as_nanos())))?;
    columns.some::<DoubleType>(|r| r.e2e().map(|t| time(t.as_nanos())))?;
    columns.some::<DoubleType>(|r| tpot_nanos(r).map(time))?;
    columns.all::<Int64Type>(|r| i64::from(r.prompt_tokens))?;
    columns.all::<Int64Type>(|r| i64::from(r.output_tokens))?;
    columns.all::<Int64Type>(|r| i64::from(r.cached_tokens))?;
    columns.some::<DoubleType>(|r| r.queue_time().map(|t| time(t.as_nanos())))?;
    columns.all::<Int64Type>(|r| i64::from(r.preemptions))?;
    columns.some::<Int64Type>(|r| r.replica.map(|replica| i64::from(replica.0)))?;
    columns.all::<ByteArrayType>(|r| ByteArray::from(r.status.name()))?;
    columns.all::<ByteArrayType>(|r| ByteArray::from(class_name(r, classes)))?;
    columns.some::<ByteArrayType>(|r| reason(r).map(|text| ByteArray::from(text.into_bytes())))
}

struct Columns<'a, 'group, W: Write> {
    group: &'a mut SerializedRowGroupWriter<'group, W>,
    rows: &'a [&'a RequestRecord],
}

impl<W: Write + Send> Columns<'_, '_, W> {
    /// The next column, in which every row has a value.
    fn all<T: DataType>(
        &mut self,
        of: impl Fn(&RequestRecord) -> T::T,
    ) -> Result<(), ParquetError> {
        let values: Vec<T::T> = self.rows.iter().map(|row| of(row)).collect();
        self.write::<T>(&values, None)
    }

    /// The next column, in which a row may have no value.
    fn some<T: DataType>(
        &mut self,
        of: impl Fn(&RequestRecord) -> Option<T::T>,
    ) -> Result<(), ParquetError> {
        let values: Vec<Option<T::T>> = self.rows.iter().map(|row| of(row)).collect();
        // A null is the definition level 0 and no value.
        let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<T::T> = values.into_iter().flatten().collect();
        self.write::<T>(&values, Some(&levels))
    }

    fn write<T: DataType>(
        &mut self,
        values: &[T::T],
        levels: Option<&[i16]>,
    ) -> Result<(), ParquetError> {
        let column = self.group.next_column()?;
        let mut column = column.expect("the schema has a column for each that is written");
        column.typed::<T>().write_batch(values, levels, None)?;
        column.close()
    }
}
