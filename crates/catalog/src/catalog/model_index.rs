//! The one table of model names: the file, and every other name that means it.
//!
//! Instruction-tuned variants have the shape of their base.

use super::Indexed;

macro_rules! entries {
    ($($name:literal: [$($alias:literal),* $(,)?]),* $(,)?) => {
        &[$(Indexed {
            name: $name,
            aliases: &[$($alias),*],
            text: include_str!(concat!("../../models/", $name, ".toml")),
        }),*]
    };
}

/// Every model, by family.
pub(super) static MODELS: &[Indexed] = entries! {
    "llama-2-7b": [
        "meta-llama/Llama-2-7b-hf", "meta-llama/Llama-2-7b", "meta-llama/Llama-2-7b-chat-hf",
        "meta-llama/Llama-2-7b-chat", "llama2-7b", "llama-7b",
    ],
    "llama-2-13b": [
        "meta-llama/Llama-2-13b-hf", "meta-llama/Llama-2-13b", "meta-llama/Llama-2-13b-chat-hf",
        "meta-llama/Llama-2-13b-chat",
    ],
    "llama-2-70b": [
        "meta-llama/Llama-2-70b-hf", "meta-llama/Llama-2-70b", "meta-llama/Llama-2-70b-chat-hf",
        "meta-llama/Llama-2-70b-chat",
    ],
    "codellama-34b": [
        "codellama/CodeLlama-34b-hf", "codellama/CodeLlama-34b-Instruct-hf",
        "codellama/CodeLlama-34b-Python-hf", "meta-llama/CodeLlama-34b-Instruct-hf",
        "codellama-34b-instruct", "code-llama-34b",
    ],
    "llama-3-8b": [
        "meta-llama/Meta-Llama-3-8B", "meta-llama/Meta-Llama-3-8B-Instruct",
        "meta-llama/Llama-3-8B-Instruct",
    ],
    "llama-3-70b": [
        "meta-llama/Meta-Llama-3-70B", "meta-llama/Meta-Llama-3-70B-Instruct",
        "meta-llama/Llama-3-70B-Instruct",
    ],
    "llama-3.1-8b": [
        "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Meta-Llama-3.1-8B",
        "meta-llama/Meta-Llama-3.1-8B-Instruct",
    ],
    "llama-3.1-70b": [
        "meta-llama/Llama-3.1-70B-Instruct", "meta-llama/Meta-Llama-3.1-70B",
        "meta-llama/Meta-Llama-3.1-70B-Instruct", "nvidia/Llama-3.1-Nemotron-70B-Instruct-HF",
    ],
    "llama-3.1-405b": [
        "meta-llama/Llama-3.1-405B-Instruct", "meta-llama/Meta-Llama-3.1-405B",
        "meta-llama/Meta-Llama-3.1-405B-Instruct",
    ],
    "llama-3.2-1b": ["meta-llama/Llama-3.2-1B-Instruct"],
    "llama-3.2-3b": ["meta-llama/Llama-3.2-3B-Instruct"],
    "llama-3.3-70b": ["meta-llama/Llama-3.3-70B-Instruct"],
    "llama-4-scout": [
        "meta-llama/Llama-4-Scout-17B-16E", "meta-llama/Llama-4-Scout-17B-16E-Instruct",
        "llama-4-scout-17b",
    ],
    "llama-4-scout-fp8": [
        "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic", "llama-4-scout-17b-16e-fp8",
    ],
    "llama-4-maverick": [
        "meta-llama/Llama-4-Maverick-17B-128E", "meta-llama/Llama-4-Maverick-17B-128E-Instruct",
        "llama-4-maverick-17b",
    ],
    "tinyllama-1.1b": ["TinyLlama/TinyLlama-1.1B-Chat-v1.0", "tinyllama"],
    "mistral-7b": ["mistralai/Mistral-7B-v0.1", "mistralai/Mistral-7B-Instruct-v0.1"],
    "mistral-7b-v0.3": ["mistralai/Mistral-7B-Instruct-v0.3"],
    "mistral-nemo-12b": [
        "mistralai/Mistral-Nemo-Instruct-2407", "mistralai/Mistral-Nemo-Base-2407", "mistral-nemo",
        "mistral-nemo-instruct",
    ],
    "mistral-small-24b": [
        "mistralai/Mistral-Small-24B-Instruct-2501", "mistralai/Mistral-Small-24B-Base-2501",
        "mistral-small", "mistral-small-24b-instruct",
    ],
    "mixtral-8x7b": [
        "mistralai/Mixtral-8x7B-v0.1", "mistralai/Mixtral-8x7B-Instruct-v0.1",
        "mixtral-8x7b-instruct", "mixtral",
    ],
    "mixtral-8x22b": [
        "mistralai/Mixtral-8x22B-v0.1", "mistralai/Mixtral-8x22B-Instruct-v0.1",
        "mixtral-8x22b-instruct",
    ],
    "qwen2.5-7b": ["Qwen/Qwen2.5-7B-Instruct"],
    "qwen2.5-14b": ["Qwen/Qwen2.5-14B-Instruct"],
    "qwen2.5-32b": ["Qwen/Qwen2.5-32B-Instruct"],
    "qwen2.5-72b": ["Qwen/Qwen2.5-72B-Instruct"],
    "qwen3-4b": ["Qwen/Qwen3-4B-Base"],
    "qwen3-8b": ["Qwen/Qwen3-8B-Base"],
    "qwen3-14b": ["Qwen/Qwen3-14B-Base"],
    "qwen3-32b": ["Qwen/Qwen3-32B-Base"],
    "qwen3-30b-a3b": ["Qwen/Qwen3-30B-A3B-Base", "qwen3-30b"],
    "qwen3-30b-a3b-2507": [
        "Qwen/Qwen3-30B-A3B-Instruct-2507", "Qwen/Qwen3-30B-A3B-Thinking-2507",
    ],
    "qwen3-235b-a22b": ["qwen3-235b"],
    "qwen3.5-397b-a17b": ["Qwen/Qwen3.5-397B-A17B-Instruct", "qwen3.5-397b"],
    "deepseek-v2-lite": [
        "deepseek-ai/DeepSeek-V2-Lite-Chat", "deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct",
    ],
    "deepseek-v3": [
        "deepseek-ai/DeepSeek-V3-Base", "deepseek-ai/DeepSeek-V3-0324", "deepseek-v3-671b",
    ],
    "deepseek-r1": [
        "deepseek-ai/DeepSeek-R1-0528", "deepseek-ai/DeepSeek-R1-Zero", "deepseek-r1-671b",
    ],
    "gpt-oss-20b": [],
    "gpt-oss-120b": [],
    "gemma-3-4b": ["google/gemma-3-4b-it", "google/gemma-3-4b-pt"],
    "gemma-3-12b": ["google/gemma-3-12b-it", "google/gemma-3-12b-pt"],
    "gemma-3-27b": ["google/gemma-3-27b-it", "google/gemma-3-27b-pt"],
    "phi-4": ["microsoft/phi-4", "phi-4-14b"],
    "phi-3-mini-4k": ["microsoft/Phi-3-mini-4k-instruct", "phi-3-mini", "phi-3-mini-3.8b"],
    "yi-34b": ["01-ai/Yi-34B-Chat"],
    "minimax-m2.5": ["MiniMaxAI/MiniMax-M2.5", "MiniMaxAI/MiniMax-M2", "MiniMaxAI/MiniMax-M2.1"],
    "gpt-3-13b": ["openai/gpt3-13b"],
    "gpt-3-175b": ["gpt-3", "openai/gpt3-175b"],
};
