//! `tokendrome bench`: files of benchmark clients.

mod compare;

use crate::args::{BenchArgs, BenchCommand};
use crate::console::Console;
use crate::failure::Failure;

pub(crate) fn execute(args: &BenchArgs, console: &Console) -> Result<(), Failure> {
    match &args.command {
        BenchCommand::Compare(args) => compare::execute(args, console),
    }
}
