//! What the ranks of a layer send each other.

use tokendrome_catalog::model::MoeFfn;
use tokendrome_catalog::{Ffn, Placement};

use super::{Builder, PartKind, RooflineError, bytes_per_element};
use crate::collectives::{AllReduce, Collective, Group, LinkTime};
use crate::roofline::layer::{Exchange, Sent};

/// Ranks that direct all-reduces are made for.
const DIRECT_RANKS_MAX: u32 = 8;

impl Builder<'_> {
    /// The collectives of a layer.
    pub(super) fn exchanges(
        &self,
        hidden_size: u32,
        ffn: &Ffn,
    ) -> Result<Vec<Exchange>, RooflineError> {
        match (ffn, self.placement) {
            (Ffn::Moe(moe), Placement { data: 2.., whole_experts: true, .. }) => {
                self.dispatches(hidden_size, moe)
            }
            (Ffn::Moe(_), Placement { data: 2.., whole_experts: false, .. }) => {
                let mut exchanges = self.all_reduces(hidden_size, 2.0)?;
                exchanges.push(self.gathers(hidden_size)?);
                Ok(exchanges)
            }
            // Without companions every rank has all tokens: those of its experts are at hand.
            _ => self.all_reduces(hidden_size, 2.0),
        }
    }

    /// All-reduces of tensor parallelism, of which a layer has so many.
    pub(super) fn all_reduces(
        &self,
        hidden_size: u32,
        times: f64,
    ) -> Result<Vec<Exchange>, RooflineError> {
        if self.tp == 1 {
            return Ok(Vec::new());
        }
        let group = self.group(self.tp)?;
        let kind = PartKind::AllReduce;
        Ok(vec![self.exchange(kind, &group, Collective::AllReduce, Sent::Own, hidden_size, times)])
    }

    fn exchange(
        &self,
        kind: PartKind,
        group: &Group,
        collective: Collective,
        of: Sent,
        hidden_size: u32,
        times: f64,
    ) -> Exchange {
        let element = bytes_per_element(self.model.dtypes.activation);
        let mut time = group.time(collective, self.reach.all_reduce);
        time.fixed_s += self.reach.spec.overheads.collective_us / 1e6;
        Exchange {
            kind,
            time,
            direct: self.direct(group, collective),
            of,
            bytes_per_token: f64::from(hidden_size) * element,
            times,
        }
    }

    /// Small all-reduces by kernels that read from the memory of the other ranks of a node: all of
    /// every other's message after one barrier, or the parts of a reduce-scatter and an all-gather
    /// with a barrier each.
    ///
    /// Source: vLLM's custom all-reduce, `csrc/custom_all_reduce.cuh`.
    fn direct(&self, group: &Group, collective: Collective) -> Option<[LinkTime; 2]> {
        let overheads = &self.reach.spec.overheads;
        let is_meant = collective == Collective::AllReduce
            && self.reach.all_reduce == AllReduce::Auto
            && overheads.direct_link_efficiency > 0.0
            && (2..=DIRECT_RANKS_MAX).contains(&group.ranks)
            && group.per_node >= group.ranks;
        let link = self.hardware.link.filter(|_| is_meant)?;
        let per_byte_s = 1.0 / (link.bandwidth.0 * overheads.direct_link_efficiency);
        let (latency_s, ranks) = (overheads.direct_latency_us / 1e6, f64::from(group.ranks));
        let others = ranks - 1.0;
        let one = LinkTime { fixed_s: latency_s, per_byte_s: others * per_byte_s };
        let per_byte_s = 2.0 * others / ranks * per_byte_s;
        Some([one, LinkTime { fixed_s: 2.0 * latency_s, per_byte_s }])
    }

    /// A slice of every expert on each rank: all tokens are gathered from the other engines before
    /// them, and the sums of the slices scattered after them.
    fn gathers(&self, hidden_size: u32) -> Result<Exchange, RooflineError> {
        // An engine's stages stand between its ranks of a stage and those of the next engine.
        let engine = self.tp.saturating_mul(self.placement.pipeline);
        let group = self.group_with_stride(self.placement.data, engine, 1)?;
        let kind = PartKind::ExpertExchange;
        Ok(self.exchange(kind, &group, Collective::AllGather, Sent::All, hidden_size, 2.0))
    }

    /// Whole experts: every rank sends its share of its engine's tokens to where their experts are,
    /// and gets the results; then the engine's ranks gather their tokens again.
    fn dispatches(&self, hidden_size: u32, moe: &MoeFfn) -> Result<Vec<Exchange>, RooflineError> {
        let ranks = self.placement.expert_ranks();
        let of = f64::from(ranks);
        // Ranks that hold any of a token's experts, on average: it is sent to each of them once.
        let targets = -of * libm::expm1(f64::from(moe.top_k) * libm::log1p(-1.0 / of));
        let engine = self.tp.saturating_mul(self.placement.pipeline);
        let group = self.group_with_stride(ranks, engine, self.tp)?;
        let kind = PartKind::ExpertExchange;
        let mut way =
            self.exchange(kind, &group, Collective::AllToAll, Sent::Most, hidden_size, 2.0);
        way.bytes_per_token *= targets / f64::from(self.tp);
        let mut exchanges = self.all_reduces(hidden_size, 1.0)?;
        if self.tp > 1 {
            let group = self.group(self.tp)?;
            let own = Sent::Own;
            exchanges.push(self.exchange(
                kind,
                &group,
                Collective::AllGather,
                own,
                hidden_size,
                1.0,
            ));
        }
        exchanges.push(way);
        Ok(exchanges)
    }
}
