//! Points of the performance model: one batch of prompts, one of decodes, and their memory.

use serde_json::{Map, Value, json};
use tokendrome::catalog::Placement;
use tokendrome::steptime::{
    BatchShape, Chunk, LayerwiseSpec, PaddedRoofline, PartKind, Profile, StepCost, StepTime,
};

use super::nominal::{self, gib};
use crate::golden::{Computed, Deviation};

/// Largest relative deviation that counts as agreement.
const TOLERANCE: f64 = 1e-9;

/// Most sequences of a batch, and tokens of each: more than any machine holds.
const MOST: u64 = 10_000_000;

/// Computes all points in their place; none if there is none.
pub(super) fn computed(root: &mut Value) -> Option<Computed> {
    let points = root.get_mut("perf_points")?.as_array_mut().filter(|of| !of.is_empty())?;
    let mut deviation = Deviation::NONE;
    for (index, point) in points.iter_mut().enumerate() {
        let Some(point) = point.as_object_mut() else {
            return Some(refused(format!("point {index} is not an object")));
        };
        match compute(point) {
            Ok(pairs) => pairs.into_iter().for_each(|(recorded, ours)| {
                deviation.add(recorded.map(|_| 0.0), Some(relative(recorded, ours)));
            }),
            Err(why) => return Some(refused(format!("point {index}: {why}"))),
        }
    }
    Some(Computed {
        name: "perf_points".to_owned(),
        requests: points.len(),
        steps: 2 * points.len(),
        deviation,
        refusal: None,
        tolerance: Some(("relative", TOLERANCE)),
    })
}

fn refused(why: String) -> Computed {
    Computed::refused("perf_points", &mut Map::new(), why)
}

fn relative(recorded: Option<f64>, ours: f64) -> f64 {
    recorded.map_or(0.0, |recorded| (ours - recorded).abs() / recorded.abs().max(f64::MIN_POSITIVE))
}

/// The recorded value and ours of what counts.
fn compute(point: &mut Map<String, Value>) -> Result<Vec<(Option<f64>, f64)>, String> {
    let text = |key: &str| {
        let value = point.get(key).and_then(Value::as_str);
        value.map(str::to_owned).ok_or_else(|| format!("`{key}` must be a name"))
    };
    let count = |key: &str| {
        let value = point.get(key).and_then(Value::as_u64).filter(|of| (1..=MOST).contains(of));
        value.map(|value| value as u32).ok_or_else(|| format!("`{key}` must be whole, 1 or more"))
    };
    let (tp, batch, length) = (count("tp")?, count("batch")?, count("length")?);
    let model = nominal::model(&text("model")?)?;
    let machine = nominal::machine(&text("xpu")?, tp.max(8))?;
    let spec = LayerwiseSpec {
        profile: Profile::Seed001,
        gemm_efficiency: Some(machine.efficiency),
        ..LayerwiseSpec::default()
    };
    let placement = Placement::new(tp, 1);
    let roofline = PaddedRoofline::new(&spec, &model.spec, &machine.spec, placement);
    let roofline = roofline.map_err(|error| error.to_string())?;
    let mut prompts = BatchShape::new(0);
    prompts.prefills = vec![Chunk { tokens: length, context: 0 }; batch as usize];
    let mut decodes = BatchShape::new(0);
    decodes.decodes = batch;
    decodes.decode_context_max = length + 1;
    let seconds = |shape: &BatchShape| {
        let mut cost = StepCost::new(1);
        roofline.cost(shape, &mut cost);
        cost.stage_s[0]
    };
    let kv = gib(model.kv_bytes(tp) * f64::from(batch) * f64::from(length));
    let mut counted = Vec::new();
    for (key, ours) in
        [("prefill_s", seconds(&prompts)), ("decode_s", seconds(&decodes)), ("kv_gb", kv)]
    {
        let cell = point.get_mut(key).ok_or_else(|| format!("`{key}` is missing"))?;
        counted.push((cell.as_f64(), ours));
        *cell = json!(ours);
    }
    if let Some(memory) = point.get_mut("mem").and_then(Value::as_object_mut) {
        let weights = gib(model.weight_bytes(tp));
        let all = gib(machine.spec.memory.0 as f64);
        memory.iter_mut().for_each(|(key, cell)| {
            *cell = match key.as_str() {
                "model_gb" => json!(weights),
                "available_gb" => json!(all - weights),
                _ => Value::Null,
            };
        });
    }
    for (key, shape) in [("prefill_breakdown", &prompts), ("decode_breakdown", &decodes)] {
        if let Some(cells) = point.get_mut(key).and_then(Value::as_object_mut) {
            let parts = roofline.explain(shape);
            let of = |kind: PartKind, share: f64| {
                let part = parts.iter().find(|part| part.kind == kind);
                json!(part.map_or(0.0, |part| part.seconds) / model.layers() * share)
            };
            cells.iter_mut().for_each(|(name, cell)| *cell = operator(name, &of));
        }
    }
    Ok(counted)
}

/// The time of an operator in one layer, by the original's name of it.
fn operator(name: &str, of: &dyn Fn(PartKind, f64) -> Value) -> Value {
    match name {
        "attention_norm" | "mlp_norm" => of(PartKind::Norm, 0.5),
        "attention_communication" | "mlp_communication" => of(PartKind::AllReduce, 0.5),
        "qkv_projection" => of(PartKind::Qkv, 1.0),
        "attention_compute" => match of(PartKind::PrefillAttention, 1.0) {
            value if value == json!(0.0) => of(PartKind::DecodeAttention, 1.0),
            value => value,
        },
        "attention_output_proj" => of(PartKind::OutputProjection, 1.0),
        "mlp_up_proj" => of(PartKind::MlpUp, 1.0),
        "mlp_activation" => of(PartKind::Activation, 1.0),
        "mlp_down_proj" => of(PartKind::MlpDown, 1.0),
        "kv_cache_read" => of(PartKind::KvRead, 1.0),
        "kv_cache_write" => of(PartKind::KvWrite, 1.0),
        _ => Value::Null,
    }
}
