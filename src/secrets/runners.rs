//! Programs that run a project's own code, and their options whose values name modules, queues, hosts and files.

/// A program, and the options that are followed by a name, each with its dashes.
pub(super) const RUNNERS: &[(&str, &str)] = &[
    ("aerich", "--app --config"),
    ("airflow", ""),
    ("alembic", "-n -x --name --config"),
    ("arq", ""),
    ("celery", "-A -C -D -I -O -P -Q -S -X -b -f -l -n -s -t --app --broker --events --exclude-queues --include --logfile"),
    ("celery", "--loglevel --hostname --pidfile --pool --queues --result-backend --schedule --scheduler --statedb"),
    ("daphne", "-b -e -u --bind --endpoint --server-name"),
    ("django-admin", "--settings --pythonpath --database"),
    ("dramatiq", "-Q --queues --pid-file --log-file --path --fork-function"),
    ("dramatiq-gevent", "-Q --queues --pid-file --log-file --path --fork-function"),
    ("fastapi", "--app --root-path"),
    ("faust", "-A -l --app --loglevel --datadir"),
    ("flask", "-A --app --cert"),
    ("flower", ""),
    ("granian", "--interface --loop --log-level --access-log-fmt"),
    (
        "gunicorn",
        "-b -c -k -n -p --access-logformat --bind --chdir --config --worker-class --log-level --name --pid --pythonpath",
    ),
    ("gunicorn", "--access-logfile --error-logfile --log-file --log-config --worker-tmp-dir --forwarded-allow-ips"),
    ("huey_consumer", "-k -l --worker-type --logfile"),
    ("huey_consumer.py", "-k -l --worker-type --logfile"),
    ("hypercorn", "-b -c -k -p --bind --config --worker-class --log-level --access-logfile --error-logfile"),
    ("manage.py", "--settings --pythonpath --database --queue --queues --queue-name --app --worker-class --scheduler"),
    ("prefect", "-p -q --pool --work-queue --type"),
    ("procrastinate", "-a -q -n --app --queues --name"),
    ("python", ""),
    ("python3", ""),
    ("rq", "-P -c -n -w --config --exception-handler --job-class --logging_level --name --path --queue-class --worker-class"),
    (
        "rqworker",
        "-P -c -n -w --config --exception-handler --job-class --logging_level --name --path --queue-class --worker-class",
    ),
    ("sanic", ""),
    ("saq", ""),
    ("scrapy", "-a -s -o -O --loglevel --output"),
    ("streamlit", "--server.address --theme.base"),
    ("taskiq", "--log-level --tasks-pattern --fs-discover"),
    ("uvicorn", "--app-dir --forwarded-allow-ips --http --interface --lifespan --log-config --log-level --loop --root-path --ws"),
    ("waitress-serve", "--listen --call --url-prefix"),
];

/// Programs that start another.
pub(super) const WRAPPERS: &[&str] = &[
    "ddtrace-run",
    "dumb-init",
    "env",
    "exec",
    "newrelic-admin",
    "nice",
    "opentelemetry-instrument",
    "pdm",
    "pipenv",
    "poetry",
    "run",
    "run-program",
    "timeout",
    "tini",
    "uv",
];

/// Options without a value: the word behind them is on its own.
pub(super) const FLAGS: &[&str] = &[
    "--beat",
    "--burst",
    "--debug",
    "--events",
    "--no-input",
    "--noinput",
    "--quiet",
    "--reload",
    "--traceback",
    "--use-gevent",
    "--verbose",
    "--watch",
    "--with-scheduler",
    "--without-gossip",
    "--without-heartbeat",
    "--without-mingle",
    "-B",
    "-E",
    "-O",
    "-d",
    "-v",
];

/// Words that are followed by a secret where they say what a program does.
pub(super) const OPENING: &[&str] = &["auth", "authtoken", "login", "obscure", "passwd"];
