//! Checks that requests of memory and CPU don't exceed the limits.

use super::settings::Settings;
use crate::error::{Error, Result};

/// Factors of units, in Kubernetes (kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity) and Compose,
/// where letters of either case are powers of 1024. Amounts of the two are never compared with each other.
const UNITS: [(&str, f64); 10] = [
    ("", 1.0),
    ("m", 0.001),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
];

/// Compares every request with its limit.
pub(super) fn check(settings: &Settings<'_>) -> Result<()> {
    let compose = settings.compose.clone();
    let (granted, allowed) = (compose.reservations.unwrap_or_default(), compose.limits.unwrap_or_default());
    let resources = settings.kubernetes.resources.clone().unwrap_or_default();
    let (requests, limits) = (resources.requests.unwrap_or_default(), resources.limits.unwrap_or_default());
    let pairs = [
        ("compose.reservations.cpus", granted.cpus, "compose.limits.cpus", allowed.cpus),
        ("compose.reservations.memory", granted.memory, "compose.limits.memory", allowed.memory),
        ("kubernetes.resources.requests.cpu", requests.cpu, "kubernetes.resources.limits.cpu", limits.cpu),
        ("kubernetes.resources.requests.memory", requests.memory, "kubernetes.resources.limits.memory", limits.memory),
        (
            "kubernetes.resources.requests.ephemeral-storage",
            requests.ephemeral_storage,
            "kubernetes.resources.limits.ephemeral-storage",
            limits.ephemeral_storage,
        ),
    ];
    for (granted_key, granted, allowed_key, allowed) in pairs {
        let (Some(granted), Some(allowed)) = (granted, allowed) else { continue };
        let amount = |text: &str| if granted_key.starts_with("compose") { amount(&binary(text)) } else { amount(text) };
        if amount(&granted) > amount(&allowed) {
            let error = Error::new(format!("`{granted_key}` is {granted}, more than the {allowed} of `{allowed_key}`"));
            return Err(error
                .at(settings.place(granted_key))
                .note(settings.place(allowed_key), "the limit")
                .hint(format!("set {granted_key} to at most {allowed}, or raise {allowed_key}")));
        }
    }
    Ok(())
}

/// Converts Compose's memory to the units above: `1G`, `1g` and `1gb` are the same.
fn binary(memory: &str) -> String {
    let memory = memory.to_lowercase();
    memory.trim_end_matches('b').replace('k', "Ki").replace('m', "Mi").replace('g', "Gi")
}

fn amount(text: &str) -> f64 {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number: f64 = text[..text.len() - unit.len()].parse().unwrap_or_default();
    number * UNITS.iter().find(|(name, _)| *name == unit).map_or(1.0, |(_, factor)| *factor)
}
