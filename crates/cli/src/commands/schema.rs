//! `tokendrome schema`.

use crate::console::Console;
use crate::failure::Failure;

pub(crate) fn execute(console: &Console) -> Result<(), Failure> {
    console.print(&format!("{:#}\n", tokendrome_scenario::file_schema()))
}
