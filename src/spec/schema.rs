//! The schema as the types have it, for the test that holds `schema.json` against it: the program carries only the text.

use std::borrow::Cow;

use schemars::transform::Transform as _;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Answer, CommandLine, Installer, OutputPath, SCHEMA, SHORT_FORMS, Spec, Toggle};
use crate::knowledge::{InstallerRow, installers};

impl<T: JsonSchema> JsonSchema for Toggle<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}OrFalse", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        let short = SHORT_FORMS.iter().any(|(_, name, _)| *name == T::schema_name());
        let mut forms = vec![serde_json::json!({"const": false}), table.to_value()];
        forms.extend(short.then(|| serde_json::json!({"type": "string"})));
        json_schema!({"anyOf": forms})
    }
}

impl JsonSchema for CommandLine {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

impl JsonSchema for Answer {
    fn schema_name() -> Cow<'static, str> {
        "Answer".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "boolean"]})
    }
}

impl JsonSchema for OutputPath {
    fn schema_name() -> Cow<'static, str> {
        "PathOrFalse".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string"}, {"const": false}]})
    }
}

impl JsonSchema for Installer {
    fn schema_name() -> Cow<'static, str> {
        "Installer".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let row = |row: &InstallerRow| serde_json::json!({"const": row.name, "description": row.description, "type": "string"});
        let rows: Vec<_> = installers().iter().map(row).collect();
        json_schema!({"description": "Installer of the virtual environment; each is a built-in preset of the same name.", "oneOf": rows})
    }
}

/// The JSON Schema; TOML has no null, so an unset key is one that is not there.
fn schema() -> String {
    let mut schema = schemars::schema_for!(Spec);
    schemars::transform::RecursiveTransform(without_null).transform(&mut schema);
    format!("{schema:#}\n", schema = serde_json::Value::from(schema))
}

fn without_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(serde_json::Value::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            object.insert("type".to_owned(), kind);
        }
    }
    if let Some(serde_json::Value::Array(forms)) = object.get_mut("anyOf") {
        forms.retain(|form| form["type"] != "null");
        if let [serde_json::Value::Object(form)] = forms.as_slice() {
            let form = form.clone();
            object.remove("anyOf");
            object.extend(form);
        }
    }
    if let Some(serde_json::Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    object.remove("default");
}

#[test]
fn the_schema_is_what_the_types_say() {
    let schema = schema();
    if std::env::var_os("DOCKGEN_UPDATE").is_some() {
        fs_err::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/spec/schema.json"), schema).unwrap();
    } else {
        assert!(schema == SCHEMA, "src/spec/schema.json is older than the types; DOCKGEN_UPDATE=1 cargo test writes it anew");
    }
}
