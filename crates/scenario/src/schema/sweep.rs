//! The section that is no part of a scenario: what a sweep varies.

use serde_json::{Value as Json, json};

use crate::sweep::SweepMode;

/// Adds `[sweep]` to the schema of files.
pub(super) fn add(schema: &mut Json) {
    let modes = SweepMode::NAMES.map(|(name, _)| name);
    let section = json!({
        "type": "object",
        "description": "Fields that `tokendrome sweep` varies, by their dotted paths or in tables \
                        like those of the scenario; a whole table is a field, too",
        "properties": {
            "mode": {
                "description": "grid: every combination; zip: side by side",
                "oneOf": modes.map(|mode| json!({ "const": mode })),
                "default": "grid",
            },
        },
        "additionalProperties": { "$ref": "#/$defs/SweptSpec" },
    });
    let swept = json!({
        "description": "The values of a field, or a table of fields",
        "anyOf": [
            {
                "type": "array",
                "minItems": 1,
                "description": "Its values; a table among them may have a `label`",
            },
            {
                "type": "string",
                "pattern": "^[^:]+:[^:]+:[^:]+$",
                "description": "A range of numbers, start:end:step, with its end",
            },
            {
                "type": "object",
                "properties": {
                    "linspace": {
                        "type": "array",
                        "items": { "type": "number" },
                        "minItems": 3,
                        "maxItems": 3,
                        "description": "start, end, number of values",
                    },
                },
                "required": ["linspace"],
                "additionalProperties": false,
            },
            { "type": "object", "additionalProperties": { "$ref": "#/$defs/SweptSpec" } },
        ],
    });
    schema["properties"]["sweep"] = section;
    schema["$defs"]["SweptSpec"] = swept;
}
