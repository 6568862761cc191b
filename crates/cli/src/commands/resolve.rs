//! `tokendrome resolve`.

use crate::args::ResolveArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::workload_files::Prepared;

pub(crate) fn execute(args: &ResolveArgs, console: &Console) -> Result<(), Failure> {
    let prepared = Prepared::load(&args.scenario)?;
    for notice in prepared.notices() {
        console.notice(notice);
    }
    let text = if args.json {
        let json = serde_json::to_string_pretty(&tokendrome_scenario::to_json(&prepared.resolved));
        json.map_err(|error| Failure::Run(error.to_string()))? + "\n"
    } else {
        tokendrome_scenario::to_toml(&prepared.resolved, &prepared.scenario)
            .map_err(Failure::Run)?
    };
    console.print(&text)
}
