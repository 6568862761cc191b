//! Models that do not look at the hardware: they make tests exact, and queueing theory applicable.

use crate::{AffineSpec, BatchShape, ConstantSpec, Law, StepCost, StepTime};

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

/// A base time and a time for every token that is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    base_s: f64,
    per_token_s: f64,
    law: Law,
}

impl Affine {
    /// The model of a valid specification.
    #[must_use]
    pub fn new(spec: &AffineSpec) -> Self {
        Self { base_s: spec.base_ms / 1e3, per_token_s: spec.per_token_ms / 1e3, law: spec.law }
    }
}

impl StepTime for Affine {
    fn cost(&self, batch: &BatchShape, cost: &mut StepCost) {
        cost.stage_s[0] = self.base_s + self.per_token_s * batch.tokens() as f64;
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
        Affine::new(&AffineSpec { base_ms: 5.0, per_token_ms: 0.02, law: Law::Exponential })
            .cost(&batch, &mut cost);
        assert!((cost.stage_s[0] - 0.007).abs() < 1e-12);
    }
}
