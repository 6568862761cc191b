//! What the ranks of a layer send each other.

use tokendrome_catalog::model::MoeFfn;
use tokendrome_catalog::{Ffn, Placement};

use super::{Builder, PartKind, RooflineError, bytes_per_element};
use crate::collectives::{Collective, Group};
use crate::roofline::layer::{Exchange, Sent};

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
        Exchange {
            kind,
            time: group.time(collective, self.reach.all_reduce),
            of,
            bytes_per_token: f64::from(hidden_size) * element,
            times,
        }
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
