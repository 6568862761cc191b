//! Models that do not look at the hardware: they make tests exact, and queueing theory applicable.

use crate::{AffineSpec, BatchShape, ConstantSpec, Law, Mixed, StepCost, StepTime};

/// Every iteration takes the same mean time.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    seconds: f64,
    law: Law,
}

impl Constant {
    /// The model of a valid specification.
    #[must_use]
    pub fn new(spec: &ConstantSpec) -> Self {
        Self { seconds: spec.step_ms / 1e3, law: spec.law }
    }
}

impl StepTime for Constant {
    fn cost(&self, _: &BatchShape, cost: &mut StepCost) {
        cost.stage_s[0] = self.seconds;
        (cost.flops, cost.bytes) = (0.0, 0.0);
    }

    fn cost_again(&self, _: &BatchShape, _: &mut StepCost) {}

    fn sees_contexts(&self) -> bool {
        false
    }

    fn law(&self) -> Law {
        self.law
    }
}

/// A base time and a time for every token that is computed, or for those above a number.
///
/// `t(n) = base + per_token * max(0, n - free_tokens)`, and 0 for no tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    spec: AffineSpec,
}

impl Affine {
    /// The model of a valid specification.
    #[must_use]
    pub fn new(spec: &AffineSpec) -> Self {
        Self { spec: spec.clone() }
    }

    /// Mean time of a batch of so many tokens, in seconds.
    fn seconds(&self, tokens: u64) -> f64 {
        if tokens == 0 {
            return 0.0;
        }
        let charged = tokens.saturating_sub(u64::from(self.spec.free_tokens));
        (self.spec.base_ms + self.spec.per_token_ms * charged as f64) / 1e3
    }
}

impl StepTime for Affine {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        (cost.stage_s[0], cost.beside_s) = match self.spec.mixed {
            Mixed::Sum => (self.seconds(batch.tokens()), 0.0),
            Mixed::Max if batch.prefills.is_empty() => {
                (self.seconds(u64::from(batch.decodes)), 0.0)
            }
            Mixed::Max => {
                let prefill_s = self.seconds(batch.prefill_tokens());
                (prefill_s, self.seconds(u64::from(batch.decodes)))
            }
        };
        (cost.flops, cost.bytes) = (0.0, 0.0);
    }

    fn cost_again(&self, _: &BatchShape, _: &mut StepCost) {}

    fn sees_contexts(&self) -> bool {
        false
    }

    fn law(&self) -> Law {
        self.spec.law
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chunk;

    #[test]
    fn fixed_models_count_tokens_or_nothing() {
        let mut batch = BatchShape::new(0);
        batch.prefills.push(Chunk { tokens: 90, context: 1_000 });
        (0..10).for_each(|_| batch.add_decode(500, &[]));
        let mut cost = StepCost::new(1);
        Constant::new(&ConstantSpec { step_ms: 7.0, law: Law::Deterministic })
            .cost(&batch, &mut cost);
        assert_eq!(cost.stage_s, [0.007]);
        let spec = AffineSpec::new(5.0, 0.02, Law::Exponential);
        let mut check = |spec: &AffineSpec, stage_s: f64, beside_s: f64| {
            Affine::new(spec).cost(&batch, &mut cost);
            assert!((cost.stage_s[0] - stage_s).abs() < 1e-12, "{spec:?}: {cost:?}");
            assert!((cost.beside_s - beside_s).abs() < 1e-12, "{spec:?}: {cost:?}");
        };
        check(&spec, 0.007, 0.0);
        check(&AffineSpec { free_tokens: 60, ..spec.clone() }, 0.005_8, 0.0);
        check(&AffineSpec { mixed: Mixed::Max, ..spec.clone() }, 0.006_8, 0.005_2);
        check(&AffineSpec { mixed: Mixed::Max, free_tokens: 60, ..spec }, 0.005_6, 0.005);
    }
}
