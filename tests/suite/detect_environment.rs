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
