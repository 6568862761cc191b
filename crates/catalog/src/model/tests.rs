use super::*;

/// Llama 3.1 8B, whose published count is exact.
const LLAMA: &str = r#"
    name = "example"
    max_context = 131072
    [shape]
    kind = "transformer"
    hidden_size = 4096
    vocab_size = 128256
    [[shape.layers]]
    count = 32
    attention = { kind = "grouped", heads = 32, kv_heads = 8, head_dim = 128 }
    ffn = { kind = "dense", intermediate = 14336 }
"#;

const LUMPED: &str = r#"
    name = "lumped"
    max_context = 8192
    [shape]
    kind = "lumped"
    parameters = 70_000_000_000
    layers = 80
    hidden_size = 8192
    heads = 64
    kv_heads = 8
"#;

fn read(text: &str) -> ModelSpec {
    toml::from_str(text).unwrap()
}

fn layers(spec: &mut ModelSpec) -> &mut LayerGroup {
    match &mut spec.shape {
        Shape::Transformer(shape) => &mut shape.layers[0],
        Shape::Lumped(_) => panic!("a lumped model has no layer groups"),
    }
}

#[test]
fn counts_follow_from_the_shape() {
    let spec = read(LLAMA);
    spec.validate().unwrap();
    assert_eq!(spec.parameters(), 8_030_261_248);
    assert_eq!(spec.active_parameters(), spec.parameters());
    assert_eq!(spec.weight_bytes(), 2 * spec.parameters());
    assert_eq!(spec.kv_bytes_per_token(1), 131_072);
    assert_eq!(spec.kv_bytes_per_token(8), 131_072 / 8);
    assert_eq!(spec.kv_bytes_per_token(16), 131_072 / 8, "a rank has at least one head");
}

#[test]
fn ranks_share_the_weights() {
    let spec = read(LLAMA);
    let norms = 2 * 65 * 4096;
    assert_eq!(
        spec.weight_bytes_per_rank(Placement::new(2, 1)),
        (spec.weight_bytes() - norms) / 2 + norms
    );
    // Two stages: half of the layers, and the larger of table and head (with the last norm).
    let head = 2 * (128_256 + 1) * 4096;
    let ends = 2 * head - 2 * 4096;
    assert_eq!(
        spec.weight_bytes_per_rank(Placement::new(1, 2)),
        (spec.weight_bytes() - ends) / 2 + head
    );
}

#[test]
fn a_lumped_model_needs_only_totals() {
    let spec = read(LUMPED);
    spec.validate().unwrap();
    assert_eq!(spec.weight_bytes(), 140_000_000_000);
    assert_eq!(spec.kv_bytes_per_token(1), 2 * 8 * 128 * 2 * 80);
    assert_eq!(spec.weight_bytes_per_rank(Placement::new(4, 2)), 17_500_000_000);
    assert!(!spec.is_moe());
}

#[test]
fn files_read_back() {
    for text in [LLAMA, LUMPED] {
        let spec = read(text);
        let toml = toml::to_string(&spec).unwrap();
        assert_eq!(read(&toml), spec, "{toml}");
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<ModelSpec>(&json).unwrap(), spec, "{json}");
    }
}

#[test]
fn latent_caches_are_whole_on_every_rank() {
    let latent = Attention::Latent(LatentAttention {
        heads: 128,
        q_lora_rank: Some(1536),
        kv_lora_rank: 512,
        qk_nope_head_dim: 128,
        qk_rope_head_dim: 64,
        v_head_dim: 128,
    });
    assert_eq!(latent.kv_elements_per_token(1), 576);
    assert_eq!(latent.kv_elements_per_token(8), 576);
    // DeepSeek-V3: 187,107,328 per layer, of which 1,536 + 512 are norms.
    assert_eq!(latent.linear_parameters(7168, 1) + latent.other_parameters(7168), 187_107_328);
}

#[test]
fn contradictions_are_refused_with_a_remedy() {
    let check = |change: fn(&mut ModelSpec), expect: &str| {
        let mut spec = read(LLAMA);
        change(&mut spec);
        assert_eq!(spec.validate().unwrap_err().to_string(), expect);
    };
    check(|spec| spec.max_context = 0, "`max_context` of `example` is 0; give a number above zero");
    check(
        |spec| match &mut layers(spec).attention {
            Attention::Grouped(grouped) => grouped.kv_heads = 5,
            other => panic!("{other:?}"),
        },
        "`example`: layers[0].attention: 32 heads do not divide into 5 groups; the heads must be a \
         multiple of the heads that they share",
    );
    check(
        |spec| {
            layers(spec).ffn = Ffn::Moe(MoeFfn {
                experts: 8,
                top_k: 9,
                intermediate: 128,
                shared_intermediate: 0,
                gated: true,
                bias: false,
                router_bias: false,
                shared_gate: false,
            });
        },
        "`example`: layers[0].ffn: `top_k` is 9 of 8 experts; a token cannot be sent to more \
         experts than there are",
    );
    check(
        |spec| match &mut spec.shape {
            Shape::Transformer(shape) => shape.layers.clear(),
            Shape::Lumped(_) => {}
        },
        "`example` has no layers; give at least one `[[shape.layers]]`",
    );
}

#[test]
fn unknown_keys_are_refused_at_every_depth() {
    for (key, with) in [
        ("max_context", "max_contxt"),
        ("vocab_size", "vocabsize"),
        ("kv_heads", "kvheads"),
        ("intermediate", "intermediat"),
        ("count", "counts"),
    ] {
        let message = toml::from_str::<ModelSpec>(&LLAMA.replace(key, with)).unwrap_err();
        assert!(message.to_string().contains(with), "{message}");
    }
}
