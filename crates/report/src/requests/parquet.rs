//! Requests as Apache Parquet.

use std::io::{self, Write};

use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedRowGroupWriter;
use tokendrome::TimeUnit;
use tokendrome::units::TICK;
use tokendrome_metrics::RequestRecord;

use super::{COLUMNS, class_name, columns, in_order, reason, tpot_nanos};
use crate::columnar::{self, Kind, write_all, write_some};

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
    let described = columns(unit).into_iter().zip(KINDS);
    let described = described.map(|(name, (kind, optional))| (name, kind, optional));
    let write = || -> Result<(), ParquetError> {
        let mut file = columnar::file(out, "request", described)?;
        for rows in in_order(records).chunks(ROWS_PER_GROUP) {
            let mut group = file.next_row_group()?;
            write_group(&mut group, rows, classes, unit)?;
            group.close()?;
        }
        file.close().map(drop)
    };
    write().map_err(columnar::as_io)
}

/// Kinds of the columns, and whether they may be null.
const KINDS: [(Kind, bool); COLUMNS.len()] = [
    (Kind::Count, false),
    (Kind::Number, false),
    (Kind::Number, true),
    (Kind::Number, true),
    (Kind::Number, true),
    (Kind::Count, false),
    (Kind::Count, false),
    (Kind::Count, false),
    (Kind::Number, true),
    (Kind::Count, false),
    (Kind::Count, true),
    (Kind::Word, false),
    (Kind::Word, false),
    (Kind::Word, true),
];

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
        write_all::<T, W>(self.group, &values)
    }

    /// The next column, in which a row may have no value.
    fn some<T: DataType>(
        &mut self,
        of: impl Fn(&RequestRecord) -> Option<T::T>,
    ) -> Result<(), ParquetError> {
        let values = self.rows.iter().map(|row| of(row)).collect();
        write_some::<T, W>(self.group, values)
    }
}
