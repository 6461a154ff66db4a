//! A default that the code uses as a secret reaches no file, whatever its type is called.

use crate::common::Project;

/// Aliases of a secret type: lines before the class, and the name of the type.
const TYPES: [(&str, &str); 12] = [
    ("from pydantic import SecretStr as SS", "SS"),
    ("import pydantic as p", "p.SecretStr"),
    ("from pydantic import SecretStr\nHid = SecretStr", "Hid"),
    ("from pydantic import SecretStr\nT = Annotated[SecretStr, 1]", "T"),
    ("from pydantic import SecretStr as SS\nT = Annotated[SS, Field(min_length=1)]", "T"),
    ("from pydantic import SecretStr\ntype T = SecretStr", "T"),
    ("from pydantic import SecretStr as SS\ntype T = SS | None", "T"),
    ("from pydantic import SecretStr\nT: TypeAlias = SecretStr", "T"),
    ("from pydantic import SecretStr\nT = Union[SecretStr, None]", "T"),
    ("from pydantic import SecretStr\nT = SecretStr | None", "Optional[T]"),
    ("from pydantic import SecretStr\nT = NewType('T', SecretStr)", "T"),
    ("from kinds import Hidden as T", "T | None"),
];

/// Places that use what they read as a secret.
const USES: [&str; 17] = [
    "FOO: SecretStr = os.getenv('FOO', '48217')",
    "FOO: Secret = config('FOO', default='48217')",
    "FOO: SS = os.environ.get('FOO', '48217')",
    "FOO = config('FOO', cast=SS, default='48217')",
    "A = SecretStr(os.getenv('FOO', '48217'))",
    "A = SS(os.getenv('FOO', '48217'))",
    "app.secret_key = os.getenv('FOO', '48217')",
    "app.secret_key = str(os.getenv('FOO') or '48217') if x else os.getenv('FOO', '48217')",
    "app.config['SECRET_KEY'] = os.getenv('FOO', '48217').strip()",
    "connect(password=os.getenv('FOO', '48217'))",
    "app.add(Middleware, secret_key=os.getenv('FOO', '48217'))",
    "A = Client(api_key=os.getenv('FOO', '48217'))",
    "A = Client(token=str(os.getenv('FOO', '48217')))",
    "A = {'default': {'PASSWORD': os.getenv('FOO', '48217')}}",
    "A = Fernet(os.getenv('FOO', '48217').encode())",
    "def login(password: str = os.getenv('FOO', '48217')): ...",
    "class Settings(BaseModel):\n    api_token: str = Field(default=os.getenv('FOO', '48217'))",
];

/// The files and messages of a project with such a file.
fn shown(config: &str) -> String {
    let project = Project::new(&[
        ("requirements.txt", "fastapi\nuvicorn\npydantic-settings\n"),
        ("main.py", "from fastapi import FastAPI\nimport config\napp = FastAPI()\n"),
        ("config.py", config),
        ("kinds.py", "from pydantic import SecretStr\nHidden = SecretStr\n"),
    ]);
    let ran = project.run(&["init", "--yes"]);
    let detected = project.run(&["detect", "--json"]);
    let written = project.tree().into_iter().filter(|(path, _)| !["main.py", "config.py", "kinds.py"].contains(&path.as_str()));
    let written: String = written.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()).collect();
    [ran.stdout, ran.stderr, detected.stdout, written].concat()
}

#[test]
fn an_alias_of_a_secret_type_makes_a_secret() {
    let mut fields = Vec::new();
    for (before, kind) in TYPES {
        let text = format!(
            "from pydantic_settings import BaseSettings\n{before}\nclass Settings(BaseSettings):\n    foo: {kind} = '48217'\n    bar: str = '48218'\n"
        );
        let shown = shown(&text);
        assert!(shown.contains("FOO") && shown.contains("48218"), "{kind} is not read: {shown}");
        fields.extend(shown.contains("48217").then_some(before));
    }
    assert!(fields.is_empty(), "{fields:#?}");
}

#[test]
fn a_default_that_is_used_as_a_secret_is_one() {
    let uses = USES.iter().filter(|line| {
        let text = format!("import os\nfrom pydantic import SecretStr, SecretStr as SS\n{line}\nB = os.getenv('BAR', '48218')\n");
        let shown = shown(&text);
        assert!(shown.contains("FOO") && shown.contains("48218"), "{line} is not read: {shown}");
        shown.contains("48217")
    });
    let uses: Vec<_> = uses.collect();
    assert!(uses.is_empty(), "{uses:#?}");
}

/// A name that is not a secret's stays a setting.
#[test]
fn a_default_that_is_used_otherwise_is_a_setting() {
    for line in [
        "A = Client(timeout=int(os.getenv('FOO', '48217')))",
        "A = cache(key=os.getenv('FOO', '48217'))",
        "A = Client(token_ttl=os.getenv('FOO', '48217'))",
        "A = get_token(os.getenv('FOO', '48217'))",
        "pad_token = os.getenv('FOO', '48217')",
    ] {
        let shown = shown(&format!("import os\n{line}\n"));
        assert!(shown.contains("48217"), "{line}: {shown}");
    }
}
