//! The one table of accelerator names: the file, and every other name that means it.
//!
//! A name without a form factor means the SXM module, without a size the larger memory.

use super::Indexed;

macro_rules! entries {
    ($($name:literal: [$($alias:literal),* $(,)?]),* $(,)?) => {
        &[$(Indexed {
            name: $name,
            aliases: &[$($alias),*],
            text: include_str!(concat!("../../accelerators/", $name, ".toml")),
        }),*]
    };
}

/// Every accelerator, by vendor and age.
pub(super) static ACCELERATORS: &[Indexed] = entries! {
    "gtx-1080-ti": ["1080ti", "GTX 1080 Ti 11GB"],
    "v100": ["V100-SXM2-32GB", "v100-sxm", "v100_sxm2", "v100-32gb", "V100 SXM2 32GB"],
    "t4": ["T4 16GB", "t4-16gb"],
    "rtx-3090": ["3090", "RTX 3090 24GB", "rtx3090-24gb"],
    "a100-sxm-40gb": ["a100-40gb", "A100-SXM4-40GB", "A100 SXM 40GB", "a100_40gb_sxm"],
    "a100-pcie-40gb": ["A100-PCIE-40GB", "a100_40gb_pcie"],
    "a100-sxm-80gb": [
        "a100", "a100-80gb", "a100_sxm", "a100-sxm4", "A100-SXM4-80GB", "A100 SXM 80GB",
        "a100_80gb_sxm", "A100 80GB",
    ],
    "a100-pcie-80gb": ["a100_pcie", "A100 80GB PCIe", "a100-80gb-pcie"],
    "a40": ["A40 48GB"],
    "a10": ["A10 24GB"],
    "a10g": ["A10G 24GB"],
    "rtx-4090": ["4090", "RTX 4090 24GB"],
    "rtx-6000-ada": ["RTX 6000 Ada Generation", "RTX 6000 Ada 48GB"],
    "l4": ["L4 24GB", "l4-24gb"],
    "l40s": ["L40S 48GB"],
    "h100-sxm": [
        "h100", "h100-80gb", "H100-SXM-80GB", "h100_sxm", "h100-sxm5", "H100 SXM5 80GB",
        "H100 80GB HBM3", "h100-80gb-sxm", "h100-sxm5-80gb-hbm3",
    ],
    "h100-pcie": ["h100_pcie", "H100 PCIe 80GB", "h100-80gb-pcie"],
    "h100-nvl": ["h100_nvl", "H100 NVL 94GB"],
    "h20": ["H20 96GB", "h20_sxm"],
    "h200": [
        "h200_sxm", "h200-sxm-141gb", "H200 141GB HBM3e", "h200-141gb", "NVIDIA H200 SXM5 141GB",
    ],
    "b200": [
        "b200_sxm", "b200-192gb", "b200-180gb", "NVIDIA B200 SXM6", "b200-sxm-192gb",
        "b200-sxm-180gb",
    ],
    "b300": ["b300_sxm", "b300-288gb", "NVIDIA B300 SXM6 AC", "b300-sxm-288gb", "b300-270gb"],
    "gb200": ["gb200_sxm", "gb200-nvl72", "GB200 NVL72 186GB"],
    "gb300": ["gb300_sxm", "gb300-nvl72"],
    "rtx-5090": ["5090", "RTX 5090 32GB"],
    "rtx-pro-6000": [
        "RTX PRO 6000 Blackwell Server Edition", "RTX PRO 6000 Blackwell Server Edition 96GB",
        "RTX PRO 6000 Blackwell", "RTX PRO 6000 96GB", "rtx_pro_6000_server",
        "rtx-pro-6000-server-edition", "rtxpro6000",
    ],
    "mi250x": ["MI250X 128GB"],
    "mi250x-gcd": [],
    "mi300x": ["MI300X OAM", "MI300X 192GB"],
    "mi325x": ["MI325X OAM", "MI325X 256GB"],
    "mi355x": ["MI355X OAM", "MI355X 288GB"],
    "tpu-v4": ["TPU v4 32GB"],
    "tpu-v5e": ["TPU v5 lite", "v5litepod"],
    "tpu-v5p": [],
    "tpu-v6e": ["trillium", "tpu-trillium"],
    "gaudi-2": ["HL-225", "gaudi-2-96gb"],
    "gaudi-3": ["HL-325L", "gaudi-3-128gb"],
    "trainium-2": ["trn2", "trainium2-96gb"],
};
