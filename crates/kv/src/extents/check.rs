//! What must always hold.

use std::collections::BTreeMap;

use super::*;

impl Extents {
    /// Panics unless lists, runs and counts fit together and `total` blocks are accounted for;
    /// `tables` are all that may hold any, `taken` those of which none of them knows yet.
    pub(crate) fn check(&self, tables: &[&BlockTable], taken: u32, total: u32) {
        let held = self.holders(tables);
        let in_tables: u32 = tables
            .iter()
            .map(|table| {
                let parts = table.parts.last().map_or(0, |&part| self.arena.get(part).end);
                assert!(parts <= table.cached && table.cached <= table.held);
                table.held - parts
            })
            .sum();
        let in_extents: u32 = held.keys().map(|&extent| self.arena.get(extent).len()).sum();
        for (&extent, &holders) in &held {
            assert_eq!(self.arena.get(extent).holders, holders, "holders of {extent}");
        }
        let idle = self.idle();
        let blocks_idle: u32 = idle.iter().map(|&extent| self.arena.get(extent).len()).sum();
        assert_eq!(self.blank + blocks_idle + in_extents + in_tables + taken, total, "blocks");
        let in_runs = self.runs.check(&self.arena);
        let dead = idle.iter().filter(|&&extent| self.arena.get(extent).is_dead()).count();
        assert_eq!(in_runs + dead, idle.len() + held.len(), "extents lost or forgotten");
        assert_eq!(self.arena.count(), idle.len() + held.len(), "extents leak");
    }

    /// How many tables hold each extent.
    fn holders(&self, tables: &[&BlockTable]) -> BTreeMap<u32, u32> {
        let mut held = BTreeMap::new();
        for table in tables {
            let mut start = 0;
            for &part in &table.parts {
                let mut extent = part;
                while self.arena.get(extent).start > start {
                    *held.entry(extent).or_default() += 1;
                    let left = self.arena.get(extent).left;
                    assert_eq!(self.arena.get(left).end, self.arena.get(extent).start);
                    extent = left;
                }
                *held.entry(extent).or_default() += 1;
                assert_eq!(self.arena.get(extent).start, start);
                start = self.arena.get(part).end;
            }
        }
        held
    }

    /// The idle extents in order.
    fn idle(&self) -> Vec<u32> {
        let mut idle = Vec::new();
        let (mut before, mut extent) = (NONE, self.arena.first_idle());
        while extent != NONE {
            let node = self.arena.get(extent);
            assert!(node.idle.before == before && node.holders == 0 && node.len() > 0);
            idle.push(extent);
            (before, extent) = (extent, node.idle.after);
        }
        assert_eq!(self.arena.last_idle(), before);
        idle
    }

    /// Idle extents, and runs of which anything is left.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.idle().len(), self.runs.count())
    }
}
