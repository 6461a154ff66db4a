//! Commands that a project gives, and that may be copied: those whose words all have a reason to be no secret.

use super::lists::{ENDINGS, KNOWN};
use super::names::{by_name, is_open};

/// Programs that run the project's own code: what follows them names modules, queues and tasks.
const RUNNERS: &[&str] = &[
    "aerich",
    "airflow",
    "alembic",
    "arq",
    "celery",
    "daphne",
    "django-admin",
    "dramatiq",
    "dramatiq-gevent",
    "fastapi",
    "faust",
    "flask",
    "flower",
    "granian",
    "gunicorn",
    "huey_consumer",
    "huey_consumer.py",
    "hypercorn",
    "manage.py",
    "prefect",
    "procrastinate",
    "python",
    "python3",
    "rq",
    "rqworker",
    "sanic",
    "saq",
    "scrapy",
    "streamlit",
    "taskiq",
    "uvicorn",
    "waitress-serve",
];

/// Programs that start another.
const WRAPPERS: &[&str] = &[
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

/// Short options that many programs take a secret behind.
const SHORT: &[&str] = &["-p", "-P", "-a", "-k"];

/// Programs whose short options mean something else, whatever follows them.
const ORDINARY: &[(&str, &[&str])] = &[
    ("celery", &["-P"]),
    ("gunicorn", &["-k", "-p"]),
    ("huey_consumer", &["-k"]),
    ("huey_consumer.py", &["-k"]),
    ("hypercorn", &["-k", "-p"]),
    ("rq", &["-P"]),
];

/// How many words behind a program that is not known may say what it does: `shop worker`, `shop queue run`.
const SUBCOMMANDS: usize = 2;

/// Words that are followed by a secret where they say what a program does.
const OPENING: &[&str] = &["auth", "authtoken", "login", "obscure", "passwd"];

/// Whether a command may be copied: no word of it could be a secret.
pub(crate) fn is_plain_command(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    !words.iter().any(|word| assigns(word)) && !words.windows(2).any(|pair| is_given(pair, &words)) && places_are_plain(&words)
}

/// The name of the program that a path leads to.
fn program(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or_default();
    // `python3.12`
    if name.starts_with("python3.") { "python" } else { name }
}

/// Where the program is that runs the project's code; only wrappers and their options are before it.
fn runner(words: &[&str]) -> Option<usize> {
    let at = words.iter().position(|word| RUNNERS.contains(&program(word)))?;
    let before = |word: &&str| WRAPPERS.contains(&program(word)) || word.starts_with('-') || is_plain(word);
    words[..at].iter().all(before).then_some(at)
}

/// `--password=…`, `TOKEN=…`, `token:…`
fn assigns(word: &str) -> bool {
    word.match_indices(['=', ':']).any(|(at, _)| {
        let (name, value) = (word[..at].trim_start_matches('-'), &word[at + 1..]);
        let name = name.rsplit(['=', ':', ',']).next().unwrap_or_default();
        by_name(name) && !is_open(name, value) && !is_plain(value)
    })
}

/// Whether an option, or what stands before, says that the next word is a secret: `--key …`, `-p …`, `-u name:…`.
fn is_given(pair: &[&str], words: &[&str]) -> bool {
    let &[option, next] = pair else { return false };
    if next.starts_with('-') || !option.starts_with('-') {
        return false;
    }
    let name = option.trim_start_matches('-');
    if option == "-u" || name == "user" {
        return next.contains(':') && !next.contains("://") && !is_plain(next);
    }
    let runner = runner(words).map(|at| program(words[at]));
    let ordinary = ORDINARY.iter().any(|(name, options)| runner == Some(name) && options.contains(&option));
    let short = SHORT.contains(&option) && !ordinary && !is_setting(next);
    let named = !name.contains('=') && name.len() > 1 && by_name(name) && !is_open(name, next);
    (short || named) && !is_plain(next)
}

/// `category=books`, which has been looked at as an assignment.
fn is_setting(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty())
}

/// Whether the words that no option explains have a place where no secret is.
fn places_are_plain(words: &[&str]) -> bool {
    if runner(words).is_some() {
        return true;
    }
    let mut subcommands = 0;
    let mut before = "";
    words.iter().skip(1).all(|word| {
        let explained = before.starts_with("--") && !before.contains('=') || before == "-c" || before == "-q" || before == "-Q";
        let said = before;
        before = word;
        if word.starts_with('-') || explained || is_plain(word) {
            return attached_is_plain(word);
        }
        let letters = word.chars().all(|letter| letter.is_ascii_alphabetic() || "-_:".contains(letter));
        subcommands += 1;
        letters && subcommands <= SUBCOMMANDS && !said.starts_with('-') && !OPENING.contains(&said) && !by_name(said)
    })
}

/// `-p8000`, but not `-phunter2`
fn attached_is_plain(word: &str) -> bool {
    let value = ["-p", "-a"].iter().find_map(|option| word.strip_prefix(option)).unwrap_or_default();
    value.is_empty() || is_plain(value)
}

/// A number, an absolute path, a file, a host with its port, an address, or a known word.
fn is_plain(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    let number = digits(word) && word.len() <= 5;
    let path = ["/", "./", "../"].iter().any(|start| word.starts_with(start));
    let file = word.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    let port = word.rsplit_once(':').is_some_and(|(host, port)| digits(port) && (host.contains('.') || is_known(host)));
    // `uvicorn.workers.UvicornWorker`
    let class = word.split('.').count() > 2 && word.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase));
    number || path || file || port || class || is_known(word) || word.contains("://")
}

fn is_known(word: &str) -> bool {
    KNOWN.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::is_plain_command;

    fn words(command: &str) -> Vec<String> {
        command.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn ordinary_commands_are_plain() {
        let commands = [
            "celery -A shop worker",
            "celery -A shop worker -P gevent -c 4",
            "celery -A shop worker -P eventlet --concurrency=100",
            "celery -A shop worker -Q high,low --loglevel=info",
            "celery -A shop.celery:app worker -l info -n worker@host -E",
            "celery --app shop worker --max-tasks-per-child=100 --without-gossip",
            "celery -A shop beat -S django",
            "celery -A shop flower --port=5555",
            "rq worker",
            "rq worker high default low",
            "rq worker --url redis://cache:6379/0 high",
            "dramatiq shop.tasks -p 8 -t 4",
            "dramatiq shop.tasks -Q mail --processes 2",
            "gunicorn shop.wsgi -k uvicorn.workers.UvicornWorker",
            "gunicorn shop.wsgi -k gevent -p pid -w 4",
            "gunicorn -b 0.0.0.0:8001 admin:app",
            "uvicorn app.main:app --host 0.0.0.0 --port 8001",
            "daphne -b 0.0.0.0 -p 8001 shop.asgi:application",
            "hypercorn -k uvloop shop.asgi:app",
            "huey_consumer shop.huey -k process -w 4",
            "arq shop.worker.WorkerSettings",
            "python manage.py qcluster",
            "python manage.py rqworker default high",
            "python manage.py runworker background",
            "python -u worker.py",
            "python3.12 -m shop.worker --queue mail",
            "python manage.py process_tasks --duration 60",
            "python manage.py migrate --noinput",
            "flask db upgrade",
            "alembic upgrade head",
            "newrelic-admin run-program celery -A shop worker",
            "poetry run python worker.py",
            "ddtrace-run celery -A shop worker -c 2",
            "airflow scheduler",
            "scrapy crawl shop -a category=books",
            "shop worker",
            "shop queue run --name mail",
            "supervisord -c supervisord.conf",
            "python bot.py --max-tokens 4096",
            "python bot.py --token-file /run/secrets/token",
        ];
        let wrong: Vec<_> = commands.iter().filter(|command| !is_plain_command(&words(command))).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn commands_that_could_contain_a_secret_are_not_plain() {
        let commands = [
            "docker login -u u -p canary",
            "mongo -u u -p canary",
            "openssl enc -k canary -pass pass:canary",
            "openssl enc -k canary",
            "openssl rsa -passin pass:canary",
            "http -a u:canary host",
            "htpasswd -b f u canary",
            "mc alias set h https://s3.example.com KEY canary",
            "ansible -e ansible_password:canary",
            "ansible all -e ansible_password=canary",
            "python w.py --key canary",
            "python w.py --passwd canary",
            "python w.py PASSWORT=canary",
            "python w.py --passwort canary",
            "python w.py --api-key canary",
            "python w.py --auth canary",
            "python w.py --storagekey canary",
            "python w.py --access-code canary",
            "python w.py -p canary",
            "python w.py -k canary",
            "python w.py -a canary",
            "python w.py -u shop:canary",
            "python w.py --user shop:canary",
            "python w.py --enable-password canary",
            "python w.py --use-token=canary",
            "python w.py --token:canary",
            "env STRIPE_SK=canary python w.py",
            "celery -A shop worker -p canary",
            "celery -A shop flower --basic-auth=u:canary",
            "redis-cli -a canary ping",
            "mysql -u root -pcanary shop",
            "sshpass -pcanary ssh host",
            "vault login canary",
            "ngrok authtoken canary",
            "aws configure set aws_secret_access_key canary",
            "smbclient -U u canary42",
            "rclone obscure canary",
            "docker login -u u -p canary python",
            "htpasswd -b f u canary python",
        ];
        let wrong: Vec<_> = commands.iter().filter(|command| is_plain_command(&words(command))).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
