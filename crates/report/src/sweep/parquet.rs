//! Points as Apache Parquet.

use std::io::{self, Write};

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;

use super::SweptPoints;
use super::columns::{Values, columns};
use crate::columnar::{self, Kind, write_all, write_some};

/// Writes the columns; what a point does not have is a null. Equal sweeps give equal bytes.
pub(super) fn write(points: &SweptPoints<'_>, out: &mut (impl Write + Send)) -> io::Result<()> {
    let columns = columns(points);
    let described = columns.iter().map(|column| match &column.values {
        Values::Words(_) => (column.name.clone(), Kind::Word, false),
        Values::Counts(_) => (column.name.clone(), Kind::Count, false),
        Values::Numbers(_) => (column.name.clone(), Kind::Number, true),
    });
    let write = || -> Result<(), ParquetError> {
        let mut file = columnar::file(out, "point", described)?;
        let mut group = file.next_row_group()?;
        for column in &columns {
            match &column.values {
                Values::Words(words) => {
                    let words: Vec<ByteArray> =
                        words.iter().map(|word| ByteArray::from(word.as_str())).collect();
                    write_all::<ByteArrayType, _>(&mut group, &words)?;
                }
                Values::Counts(counts) => write_all::<Int64Type, _>(&mut group, counts)?,
                Values::Numbers(numbers) => {
                    write_some::<DoubleType, _>(&mut group, numbers.clone())?;
                }
            }
        }
        group.close()?;
        file.close().map(drop)
    };
    write().map_err(columnar::as_io)
}
