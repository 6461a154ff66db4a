//! Templates of presets that attack: each case of `tests/hostile` on record with its whole error message.

use crate::common::FASTAPI;
use crate::recorded::{FINE, check};

/// A preset whose one template is what a case makes of it.
#[test]
fn hostile_templates_are_refused_with_the_message_on_record() {
    let spec = FASTAPI.replace("\"pip\"", "\"pip\", \"./team\"");
    let preset = "description = \"Team\"\n[output.extra.it]\npath = \"it.txt\"\ntemplate = \"it.txt.j2\"\n";
    let team = [("dockgen.toml", spec.as_str()), ("team/preset.toml", preset), ("team/templates/it.txt.j2", "It.\n")];
    assert!(check("tests/hostile", &[&FINE[..], &team[..]].concat()) >= 40);
}
