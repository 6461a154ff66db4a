//! Variables that the application can't start without are required, however it reads them.

use crate::common::Project;
use crate::detect::{django, fact, facts, value};

#[test]
fn what_a_check_demands_at_start_is_required() {
    let project = django(
        "import os\nimport sys\nHOST = os.getenv('MAIL_HOST')\nif not HOST:\n    raise ValueError('MAIL_HOST is required')\n\
         ZONE = os.environ.get('ZONE')\nREGION = os.environ.get('REGION')\nif ZONE is None or not REGION:\n    sys.exit('no zone')\n\
         assert os.getenv('BUCKET'), 'BUCKET'\nBUCKET = os.getenv('BUCKET')\n\
         if not all([os.getenv('ONE'), os.getenv('TWO')]):\n    raise ValueError\n\
         BASE = os.getenv('BASE') + '/api'\nFIRST = os.getenv('FIRST')[0]\n\
         MODE = os.getenv('MODE')\nif MODE == 'development':\n    pass\nelif MODE == 'production':\n    pass\nelse:\n    raise ValueError(MODE)\n\
         LEVEL = os.getenv('LOG_LEVEL')\nif LEVEL not in ('INFO', 'ERROR'):\n    raise ValueError\n\
         SMS = os.getenv('SMS_SENDER')\n\n\ndef send():\n    if not SMS:\n        raise ValueError\n\n\n\
         EITHER = os.getenv('EITHER')\nOTHER = os.getenv('OTHER')\nif not EITHER and not OTHER:\n    raise ValueError\n\
         PLAIN = os.getenv('PLAIN')\nif not PLAIN:\n    print('no PLAIN')\n",
        "django\n",
    );
    let facts = facts(&project);
    let required = |name: &str| value(&facts, &format!("environment.{name}.required")) == true;
    for name in ["MAIL_HOST", "ZONE", "REGION", "BUCKET", "ONE", "TWO", "BASE", "FIRST", "MODE", "LOG_LEVEL"] {
        assert!(required(name), "{name}: {facts:#}");
    }
    for name in ["SMS_SENDER", "EITHER", "OTHER", "PLAIN"] {
        assert!(!required(name), "{name}: {facts:#}");
    }
    assert_eq!(value(&facts, "environment.MODE.example"), "production");
    assert_eq!(value(&facts, "environment.LOG_LEVEL.example"), "INFO");
    project.run(&["init", "--yes"]).ok();
    assert!(project.read(".env.example").contains("\nMODE=production\n"), "{}", project.read(".env.example"));
}

#[test]
fn what_the_projects_own_gunicorn_file_demands_is_required() {
    let project = Project::new(&[
        ("app.py", "from flask import Flask\napp = Flask(__name__)\n"),
        (
            "gunicorn.conf.py",
            "from os import environ\nENVIRONMENT = environ.get('ENVIRONMENT')\nif ENVIRONMENT == 'development':\n    workers = 1\n\
             elif ENVIRONMENT == 'production':\n    workers = 4\nelse:\n    raise ValueError('Unknown environment')\n",
        ),
        ("requirements.txt", "flask\ngunicorn\n"),
    ]);
    let facts = facts(&project);
    assert_eq!(value(&facts, "environment.ENVIRONMENT.required"), true);
    assert_eq!(value(&facts, "environment.ENVIRONMENT.example"), "production");
    assert!(fact(&facts, "environment.ENVIRONMENT.description").is_some());
}

#[test]
fn the_only_allowed_host_is_required() {
    let settings = "import os\nDEBUG = False\nALLOWED_HOSTS = []\nHOST = os.environ.get('EXTERNAL_HOST')\nif HOST:\n    ALLOWED_HOSTS.append(HOST)\n";
    let facts_of = |settings: &str| facts(&django(settings, "django\n"));
    let alone = facts_of(settings);
    assert_eq!(value(&alone, "environment.EXTERNAL_HOST.required"), true);
    assert_eq!(value(&alone, "environment.EXTERNAL_HOST.example"), "localhost");
    let more = facts_of(&settings.replace("= []", "= ['localhost']"));
    assert_eq!(value(&more, "environment.EXTERNAL_HOST.required"), false);
}

#[test]
fn what_gives_collectstatic_a_folder_is_set() {
    let settings = |debug: &str, condition: &str| {
        format!(
            "import os\nDEBUG = {debug}\nSTATIC_URL = '/static/'\n# for production\n{condition}\n    # a folder\n    STATIC_ROOT = 'public'\n"
        )
    };
    let facts_of = |settings: String| facts(&django(&settings, "django\n"));
    let steps = |facts: &serde_json::Value| fact(facts, "build.steps").is_none();
    let found = facts_of(settings("'RENDER' not in os.environ", "if not DEBUG:"));
    assert_eq!(value(&found, "environment.RENDER.value"), "true");
    assert!(steps(&found));
    let found = facts_of(settings("os.getenv('SHOP_DEBUG', 'True') == 'True'", "if DEBUG:\n    pass\nelse:"));
    assert_eq!(value(&found, "environment.SHOP_DEBUG.value"), "False");
    let found = facts_of(settings("os.getenv('SHOP_DEBUG', 'False') == 'True'", "if not DEBUG:"));
    assert!(fact(&found, "environment.SHOP_DEBUG.value").is_none() && steps(&found));
    let found = facts_of(settings("False", "if 'RENDER' in os.environ:"));
    assert_eq!(value(&found, "build.steps"), &serde_json::json!([]));
    let project = django(&settings("os.getenv('SHOP_DEBUG', 'True') == 'True'", "if not DEBUG:"), "django\n");
    project.run(&["init", "--yes"]).ok();
    assert!(project.read("Dockerfile").contains("SHOP_DEBUG=False"), "{}", project.read("Dockerfile"));
}
