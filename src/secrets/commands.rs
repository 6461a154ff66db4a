//! Commands that a project gives, and that may be copied: those whose words all have a reason to be no secret.

use super::harmless::is_harmless;
use super::lists::{ENDINGS, KNOWN};
use super::names::{by_name, is_open, mentions_secret, words};
use super::option::is_variable;
use crate::knowledge::programs;

/// How many words behind a program that is not known may say what it does: `shop worker`, `shop queue run`.
const SUBCOMMANDS: usize = 2;

/// Whether a command may be copied: every word of it is a name, a number, a path or an address where one is expected.
pub(crate) fn is_plain_command(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.iter().any(|word| assigns(word)) {
        return false;
    }
    let run = Run::of(&words);
    let mut subcommands = 0;
    (run.start..words.len()).all(|at| {
        let (before, word) = (words[at - 1], words[at]);
        if word.starts_with(['-', '+']) {
            return run.option_is_plain(word);
        }
        if run.takes_value(before) {
            return run.value_is_plain(before, word);
        }
        subcommands += 1;
        run.operand_is_plain(before, word, subcommands)
    })
}

/// What a command runs.
struct Run {
    /// Where the words begin that are for the program, behind its name and the script that it runs.
    start: usize,
    /// The options that are followed by a name; none where the program is not known.
    named: Option<Vec<&'static str>>,
    /// Whether words with digits may name a module, a queue or a task.
    names: bool,
}

impl Run {
    fn of(words: &[&str]) -> Self {
        let known = words.iter().position(|word| is_runner(word)).filter(|at| words[..*at].iter().all(|word| is_start(word)));
        let Some(mut at) = known else { return Self { start: 1, named: None, names: false } };
        let python = program(words[at]).starts_with("python");
        if python {
            // what is behind `-W` and `-X` is no script
            let option = |at: usize| words[at].starts_with('-') || ["-W", "-X"].contains(&words[at - 1]);
            at = (at + 1..words.len()).find(|at| !option(*at)).unwrap_or(at);
        }
        // `manage.py celery worker`
        while words.get(at + 1).is_some_and(|word| is_runner(word)) {
            at += 1;
        }
        let named = programs()
            .runners
            .get(program(words[at]))
            .map_or_else(Vec::new, |options| options.iter().map(String::as_str).collect());
        Self { start: at + 1, names: !python || is_runner(words[at]), named: Some(named) }
    }

    fn knows(&self, option: &str) -> bool {
        self.named.as_ref().is_some_and(|named| named.contains(&option))
    }

    /// `--loglevel=info`, `-w4`, `-linfo`, `-vv`
    fn option_is_plain(&self, word: &str) -> bool {
        if let Some((option, value)) = word.split_once('=') {
            return self.value_is_plain(option, value);
        }
        if word.starts_with("--") {
            return word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        }
        let Some((end, letter)) = word.char_indices().nth(1) else { return true };
        let (option, value) = word.split_at(end + letter.len_utf8());
        let flags = value.chars().all(|next| next == letter) || value.len() == 1 && value.chars().all(char::is_alphabetic);
        word.starts_with('-') && (flags || is_plain(value) || self.knows(option) && is_naming(value))
    }

    /// Whether the next word is an option's value.
    fn takes_value(&self, option: &str) -> bool {
        let long = option.starts_with("--") || option.len() == 2;
        option.starts_with('-') && long && !option.contains('=') && (self.knows(option) || !is_in(&programs().flags, option))
    }

    fn value_is_plain(&self, option: &str, value: &str) -> bool {
        let name = option.trim_start_matches('-');
        if mentions_secret(&words(name)) || by_name(name) && !is_open(name, value) {
            return is_plain(value) || is_variable(value);
        }
        let setting = value.split_once('=').filter(|_| self.knows(option) || option == "-e" || option == "--env");
        if let Some((name, value)) = setting {
            return !by_name(name) && (is_harmless(name, value) || is_letters(value));
        }
        let known = self.knows(option) && is_naming(value);
        known || is_plain(value) || option.starts_with("--") && !value.contains(':') && is_harmless(name, value)
    }

    /// Whether a word that no option explains names what the program runs.
    fn operand_is_plain(&self, before: &str, word: &str, subcommands: usize) -> bool {
        let said = before.trim_start_matches('-');
        if is_in(&programs().opening, said) || by_name(said) {
            return false;
        }
        match &self.named {
            Some(_) if self.names => is_plain(word) || is_naming(word) && is_module(word),
            // without a dot, it could be a login
            Some(_) => is_plain(word) || is_letters(word) && (word.contains('.') || !word.contains(':')),
            None => is_plain(word) || is_letters(word) && subcommands <= SUBCOMMANDS && !before.starts_with('-'),
        }
    }
}

/// Whether a word may be before the program that runs the project's code: a program that starts it, or an option of that.
fn is_start(word: &str) -> bool {
    is_in(&programs().wrappers, program(word)) || is_runner(word) || is_plain(word) || word.starts_with('-') && is_flag(word)
}

/// An option without a value, or with a plain one.
fn is_flag(word: &str) -> bool {
    word.split_once('=').map_or(word.len() == 2 || word.starts_with("--"), |(_, value)| is_plain(value))
}

fn is_in(list: &[String], word: &str) -> bool {
    list.iter().any(|listed| listed == word)
}

fn is_runner(word: &str) -> bool {
    programs().runners.contains_key(program(word))
}

/// The name of the program that a path leads to.
fn program(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or_default();
    // `python3.12`
    if name.starts_with("python3.") { "python" } else { name }
}

/// `--password=…`, `TOKEN=…`, `token:…`
fn assigns(word: &str) -> bool {
    word.match_indices(['=', ':', ',']).any(|(at, _)| {
        let (name, value) = (word[..at].trim_start_matches('-'), &word[at + 1..]);
        let name = name.rsplit(['=', ':', ',']).next().unwrap_or_default();
        by_name(name) && !is_open(name, value) && !is_plain(value)
    })
}

/// What names modules, queues, hosts and levels are made of; an address has no part that could be a key.
fn is_naming(value: &str) -> bool {
    !value.starts_with(['/', '-']) && !super::is_random(value) && (!value.contains("://") || is_harmless("X", value))
}

/// `worker`, `run-worker`, `shop.tasks:app`
fn is_letters(word: &str) -> bool {
    let letters = |word: &str| word.chars().all(|letter| letter.is_ascii_alphabetic() || "-_.".contains(letter));
    match word.split_once(':') {
        None => letters(word),
        Some((module, name)) => letters(module) && letters(name),
    }
}

/// `shop2.tasks`, `queue1`, `app2.main:app`, but not `admin:hunter2`
fn is_module(word: &str) -> bool {
    let part = |part: &str| part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.@".contains(letter));
    match word.split_once(':') {
        None => part(word),
        Some((module, name)) => part(module) && is_letters(name),
    }
}

/// A number, an absolute path, a file, a host with its port, an address, or a known word.
fn is_plain(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    let number = digits(word) && word.len() <= 5;
    let path = ["/", "./", "../"].iter().any(|start| word.starts_with(start)) && !word.contains(':');
    let file = word.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    let port = word.rsplit_once(':').is_some_and(|(host, port)| digits(port) && (host.contains('.') || is_known(host)));
    let every = word.strip_prefix(':').is_some_and(digits);
    // `uvicorn.workers.UvicornWorker`
    let class = word.split('.').count() > 2 && word.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase));
    number || path || file || port || every || class || is_known(word) || is_harmless("X", word)
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
            "python bot.py --token-env BOT_TOKEN",
            "python -m celery -A shop worker -B -l info",
            "python -W ignore worker.py",
            "celery -A shop2 worker -Q queue1,queue2 -n worker1@host -linfo -c4 --autoscale=10,3",
            "celery -A shop beat --scheduler django_celery_beat.schedulers:DatabaseScheduler",
            "celery --app=shop.celery_app worker --queues celery,mail --pool=prefork -Ofair",
            "celery -A shop -b redis://redis:6379/0 worker",
            "gunicorn shop.wsgi:application -w4 -b:8001 --bind 0.0.0.0:8002 --log-file - --worker-class=gthread",
            "gunicorn -c python:shop.gunicorn shop2.wsgi -e DJANGO_SETTINGS_MODULE=shop.settings",
            "uvicorn shop2.main:app --workers 4 --log-level warning --no-access-log",
            "rq worker --with-scheduler q1 q2",
            "python manage.py rqworker --with-scheduler high queue1",
            "python manage.py celery worker -A shop",
            "python manage.py process_tasks --settings=shop.settings.prod",
            "python manage.py runserver 0.0.0.0:8001",
            "huey_consumer.py shop.huey --worker-type thread --workers 4",
            "poetry run celery -A shop worker -P solo",
            "uv run --no-sync celery -A shop worker",
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
            "python worker.py -phunter2",
            "python worker.py -ahunter2",
            "python worker.py --login admin:hunter2",
            "python worker.py --account admin:x1",
            "python worker.py -l admin:x",
            "python worker.py admin:hunter2",
            "python worker.py --conn u/p2@h",
            "python worker.py --conn-str hunter2",
            "python worker.py pass hunter2",
            "python worker.py login hunter2",
            "python manage.py login hunter2",
            "python worker.py --set db.password hunter2",
            "python worker.py -o password hunter2",
            "python worker.py -o password,hunter2",
            "python worker.py --opt password,hunter2",
            "python worker.py /p:hunter2",
            "python worker.py +pw hunter2",
            "python worker.py --key-file hunter2",
            "python worker.py --credential-file=hunter2",
            "python worker.py --secret-name hunter2",
            "python worker.py --session hunter2",
            "python worker.py --private hunter2",
            "python worker.py --access hunter2",
            "python worker.py --api hunter2",
            "python worker.py --header X-Auth:hunter2",
            "python worker.py --phrase hunter2",
            "python worker.py -P hunter2",
            "python worker.py -t hunter2",
            "python worker.py -khunter2",
            "python worker.py -password hunter2",
            "python worker.py https://h/hook/hunter2",
            "python worker.py https://h/?k=hunter2",
            "python worker.py --url h?password=hunter2",
            "python worker.py --user admin/hunter2",
            "python worker.py --user admin hunter2",
            "gunicorn main:app -e X=hunter2",
            "gunicorn main:app --env X=hunter2",
            "celery -A main worker -p hunter2",
            "celery -A main worker --private hunter2",
            "mytool --config=hunter2",
            "mytool --auth-file hunter2 --x",
            "mytool run --p hunter2",
            "uv run mytool -t hunter2",
        ];
        let wrong: Vec<_> = commands.iter().filter(|command| is_plain_command(&words(command))).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
