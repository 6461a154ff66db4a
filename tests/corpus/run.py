#!/usr/bin/env python3
"""Build and start every repository of the corpus with what dockgen writes, and request its health check path.

    tests/corpus/run.py --corpus FOLDER --binary target/release/dockgen --results FILE.jsonl [--only NAME]...

FOLDER contains the checkouts, as for the corpus test. Each project is copied, `dockgen init --yes` runs in the
copy, required variables get generated values, and Docker Compose builds and starts the stack. Afterwards its
containers, volumes and images are removed. A repository with a line in FILE is not run again: delete the line
or the file, or name the repository with --only. --table prints the results without running anything.
--minutes ends the run: a project that isn't finished by then is removed and left for the next run.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import re
import secrets
import shutil
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTS = ["repositories.toml", "fresh.toml"]
CAUSE_LINES = 14
# An application without a health check path may answer `/` with any of these: it serves requests.
ANSWERS_WITHOUT_HEALTH_PATH = {401, 403, 404, 405, 422, 426}
# What only this machine lacks: images and hosts that it can't reach, by the words of the build's output.
MACHINE_LACKS = re.compile(
    r"failed to resolve source metadata|pull access denied|failed to resolve reference|no matching manifest|no such image"
    r"|could not resolve host|NameResolutionError|dns error",
    re.IGNORECASE,
)
NOISE = re.compile(
    r"^(#\d+ (\[|sha256|extracting|DONE|CACHED|transferring|\.\.\.)|\s*$|-+$|\s*\d* \|)"
    r"|level=warning msg=\"(Found multiple config|Using )|^ Container .* (Waiting|Healthy|Started)$|^(Setting up|Selecting|Preparing) "
)
# The last line of a traceback, which servers bury under their own.
ERROR_LINE = re.compile(r"[\w.]*(Error|Exception|ImproperlyConfigured|DisallowedHost)\b.*|\[FATAL")
STEP_PREFIX = re.compile(r"^#\d+ (\d+\.\d+ )?")
KINDS_OF_VALUES = [
    (r"(FERNET|ENCRYPTION)", lambda: fernet_key()),
    (r"EMAIL|MAIL_FROM", lambda: "admin@example.org"),
    (r"(_|^)(URL|URI|ENDPOINT|ORIGIN|WEBSITE)S?$", lambda: "http://example.org"),
    (r"(_|^)(HOST|HOSTNAME|DOMAIN|SERVER)S?$", lambda: "localhost"),
    (r"(_|^)PORT$", lambda: "8080"),
    (r"(_|^)(DEBUG|ENABLED?|USE_[A-Z_]+)$", lambda: "false"),
    (r"(_|^)(ID|IDS|COUNT|SIZE|LIMIT|SECONDS|MINUTES|DAYS|TIMEOUT|TTL|AGE)$", lambda: "30"),
]


def fernet_key():
    import base64

    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


class Run:
    """One project on its way through init, build, start and request."""

    def __init__(self, repository, options):
        self.options = options
        self.repository = repository
        self.name = label(repository)
        self.work = Path(tempfile.mkdtemp(prefix="corpus-run-"))
        # Stacks and images of runs at the same time must not share a name.
        self.token = self.work.name.removeprefix("corpus-run-").replace("_", "-").strip("-")
        self.slug = re.sub(r"[^a-z0-9]+", "-", f"corpus-{self.name}-{self.token}".lower()).strip("-")
        self.tree = self.work / repository["name"].split("/")[1]
        self.project = self.tree / repository["project"]
        self.started = time.monotonic()
        self.deadline = min(self.started + options.limit, options.end)
        self.result = {"name": self.name, "stage": "init", "outcome": "failed", "cause": [], "first_candidate": False}
        self.compose = []

    def go(self):
        try:
            self.copy()
            self.init()
            self.fill_env()
            self.build()
            self.start()
        except Failed as failed:
            self.result["cause"] = failed.lines
            self.result["outcome"] = "cannot run" if failed.machine else "failed"
        except OSError as error:
            self.result["cause"] = [f"the runner failed: {error}"]
        except subprocess.TimeoutExpired as late:
            self.result["cause"] = [f"took longer than {self.options.limit} seconds"] + last_lines(late.output)
            if time.monotonic() >= self.options.end:
                self.result["outcome"] = "unfinished"
        finally:
            self.result["seconds"] = round(time.monotonic() - self.started)
            self.clean_up()
        return self.result

    def enter(self, stage):
        self.result["stage"] = stage

    def copy(self):
        source = self.options.corpus / self.repository["name"].replace("/", "+")
        if not (source / self.repository["project"]).is_dir():
            raise Failed([f"no checkout at {source}"], machine=True)
        shutil.copytree(source, self.tree, symlinks=True)
        subprocess.run(["git", "init", "--quiet"], cwd=self.tree, check=True)

    def init(self):
        done = self.dockgen("init", "--yes")
        if done.returncode == 2 and (candidates := self.candidates()):
            self.result["first_candidate"] = True
            done = self.dockgen("init", "--yes", *candidates)
        if done.returncode:
            raise Failed(done.stderr.strip().splitlines()[-CAUSE_LINES:])
        self.said = done.stdout + done.stderr
        self.compose = compose_command(self.said)

    def candidates(self):
        """The flags that choose the first listed value of each setting with several candidates."""
        found = self.dockgen("detect", "--json")
        if found.returncode:
            return []
        first = {}
        for candidate in json.loads(found.stdout)["candidates"]:
            first.setdefault(candidate["key"], candidate["value"])
        return [word for key, value in first.items() for word in ("--set", f"{key}={as_toml(value)}")]

    def fill_env(self):
        copied = re.search(r"next cp (\S+) \.env", self.said)
        lines = (self.project / copied[1]).read_text().splitlines() if copied else []
        filled = [f"{name}={value_for(name) if value == 'change-me' else value.replace('change-me', 'secret')}" for name, value in assigned(lines)]
        self.host_port = free_port()
        filled += [f"{name}={self.host_port}" for name in host_ports(lines)]
        (self.project / ".env").write_text("\n".join(filled) + "\n")
        self.result["filled"] = [line.split("=")[0] for line in filled]

    def build(self):
        self.enter("build")
        # No registry has the Dockerfile frontend here; the engine's own one reads the same syntax.
        for dockerfile in self.project.glob("Dockerfile*"):
            text = dockerfile.read_text(errors="replace")
            dockerfile.write_text(re.sub(r"\A# *syntax=.*\n", "", text))
        for file in self.project.glob("compose*.y*ml"):
            file.write_text(re.sub(r"(image: .*):dev\b", rf"\1:{self.token}", file.read_text()))
        built = self.docker_compose("--progress", "plain", "build")
        if built.returncode:
            lines = (built.stdout + built.stderr).splitlines()
            raise Failed(build_cause(lines), machine=any(map(MACHINE_LACKS.search, lines)))

    def start(self):
        self.enter("start")
        up = self.docker_compose("up", "--detach", "--wait", "--wait-timeout", str(self.options.start_limit))
        self.result["all_up"] = up.returncode == 0
        if any(map(MACHINE_LACKS.search, up.stderr.splitlines())):
            raise Failed(last_lines(up.stderr), machine=True)
        path = self.health_path()
        status, words = request(f"http://localhost:{self.host_port}{path or '/'}")
        self.result.update(path=path or "/", status=status)
        good = status is not None and 200 <= status < 400
        if good or not path and status in ANSWERS_WITHOUT_HEALTH_PATH:
            self.result.update(stage="served", outcome="served")
        if not self.result["all_up"] or self.result["outcome"] != "served":
            if status is not None and self.result["outcome"] != "served":
                self.enter("request")
            answer = [f"GET {path or '/'}: {status or words}"]
            self.result["cause"] = answer + self.what_stopped(up.stderr)

    def health_path(self):
        shown = self.dockgen("show", "health.path")
        match = re.search(r'health\.path = "([^"]*)"', shown.stdout)
        return match and match[1]

    def what_stopped(self, words):
        """The last log lines of each container that isn't up, or of the web process."""
        listed = self.docker_compose("ps", "--all", "--format", "json").stdout.splitlines()
        containers = [json.loads(line) for line in listed if line.startswith("{")]
        down = [c for c in containers if c["State"] != "running" and c.get("ExitCode") or c.get("Health") == "unhealthy"]
        chosen = [c["Service"] for c in down] or ["web"]
        lines = last_lines(words, 3) if words and not self.result["all_up"] else []
        for service in chosen[:3]:
            logs = self.docker_compose("logs", "--no-log-prefix", "--tail", "200", service)
            said = logs.stdout + logs.stderr
            errors = [line.strip()[:300] for line in said.splitlines() if ERROR_LINE.match(line)]
            lines += [f"--- {service}"] + list(dict.fromkeys([*errors[:3], *last_lines(said)]))
        return lines

    def clean_up(self):
        if self.compose:
            run([*self.compose_words(), "down", "--volumes", "--remove-orphans", "--timeout", "5"], self.project, 120)
            # Processes share a tag, so all images of the stack but one have no name. The label is on each.
            of_this_stack = ["--filter", f"label=com.docker.compose.project={self.slug}"]
            images = run(["docker", "image", "ls", "--quiet", *of_this_stack], self.work, 120).stdout.split()
            if images:
                run(["docker", "image", "rm", "--force", *dict.fromkeys(images)], self.work, 120)
        shutil.rmtree(self.work, ignore_errors=True)

    def compose_words(self):
        return [*self.compose, "--project-name", self.slug]

    def docker_compose(self, *words):
        return run([*self.compose_words(), *words], self.project, max(1, self.deadline - time.monotonic()))

    def dockgen(self, *words):
        return run([str(self.options.binary), *words], self.project, 120)


class Failed(Exception):
    def __init__(self, lines, machine=False):
        super().__init__(lines)
        self.lines = lines
        self.machine = machine


def run(words, folder, seconds):
    environment = {**os.environ, "NO_COLOR": "1", "BUILDKIT_PROGRESS": "plain", "COMPOSE_MENU": "0"}
    process = subprocess.Popen(
        words, cwd=folder, env=environment, text=True, errors="replace", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as late:
        os.killpg(process.pid, 15)
        out, err = process.communicate()
        late.output = out + err
        raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def compose_command(words):
    """The command that dockgen's last hint says to type, without `up`."""
    match = re.search(r"next (docker compose.*?) up\b", words)
    return match[1].split() if match else ["docker", "compose"]


def assigned(lines):
    """The variables that the example file sets: those it says to replace, and addresses that a person may keep."""
    return [match.groups() for line in lines if (match := re.match(r"([A-Za-z_]\w*)=(.*)", line))]


def host_ports(lines):
    """The variables for the host port: the line below the comment that describes them."""
    pairs = itertools.pairwise(lines)
    return [m[1] for comment, line in pairs if "Host port" in comment and (m := re.match(r"# (\w+)=\d+", line))]


def value_for(name):
    for pattern, value in KINDS_OF_VALUES:
        if re.search(pattern, name):
            return value()
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))


def as_toml(value):
    return value if isinstance(value, str) else json.dumps(value)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(url):
    opener = urllib.request.build_opener(NoRedirects)
    words = ""
    for _ in range(10):
        try:
            with opener.open(url, timeout=20) as response:
                return response.status, ""
        except urllib.error.HTTPError as error:
            return error.code, ""
        except (OSError, ValueError, EOFError) as error:
            words = str(error)
        except Exception as error:  # noqa: BLE001 - http.client raises its own classes for answers that are no HTTP
            return None, f"no HTTP answer: {error!r}"
        time.sleep(1)
    return None, words


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def last_lines(text, count=CAUSE_LINES):
    lines = [line.rstrip() for line in (text or "").splitlines() if not NOISE.match(line)]
    return [line[:300] for line in lines[-count:]]


def build_cause(lines):
    """The output of the step that failed: buildx repeats its last lines between dashes at the end."""
    wanted = [STEP_PREFIX.sub("", line) for line in lines if not NOISE.match(line)]
    errors = [line for line in wanted if re.search(r"error|not found|no such|failed|fatal|cannot|could not", line, re.IGNORECASE)]
    return [line[:300] for line in dict.fromkeys(errors[:4] + wanted[-CAUSE_LINES:])]


def label(repository):
    project = repository["project"]
    return repository["name"] if project == "." else f"{repository['name']} {project}"


def read_lists(names):
    for name in names:
        table = tomllib.loads((HERE / name).read_text() if (HERE / name).is_file() else Path(name).read_text())
        for repository in table["repository"]:
            yield {**repository, "list": Path(name).name}


def read_results(file):
    if not file.is_file():
        return {}
    return {row["name"]: row for row in map(json.loads, file.read_text().splitlines())}


def size(corpus, repository):
    """The number of files, so that small repositories run first."""
    return sum(len(files) for _, _, files in os.walk(corpus / repository["name"].replace("/", "+") / repository["project"]))


def print_table(repositories, results):
    counts = Counter()
    for repository in repositories:
        name = label(repository)
        why_not = repository.get("cannot-run")
        row = results.get(name)
        outcome = "cannot run" if why_not else row["outcome"] if row else "not run"
        counts[outcome] += 1
        stage = row["stage"] if row and outcome == "failed" else ""
        marks = "first candidate" if row and row["first_candidate"] else ""
        if outcome == "served" and not row.get("all_up"):
            marks += " but not every process is up"
        print(f"{outcome:<11} {stage:<8} {name} {marks}".rstrip())
        for line in [why_not] if why_not else row["cause"] if row else []:
            print(f"                       {line}")
    tried = counts["served"] + counts["failed"]
    print(f"\nserved {counts['served']} of {tried}: {100 * counts['served'] // max(1, tried)} %  ", dict(counts))


def chosen(options):
    for repository in read_lists(options.list or LISTS):
        named = not options.only or any(only in label(repository) for only in options.only)
        if named:
            yield repository


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("DOCKGEN_CORPUS"), help="folder of the checkouts")
    parser.add_argument("--binary", type=Path, default="target/release/dockgen", help="dockgen to run")
    parser.add_argument("--results", type=Path, required=True, help="file that collects one line per repository")
    parser.add_argument("--list", action="append", metavar="FILE", help=f"lists to run; default {' and '.join(LISTS)}")
    parser.add_argument("--only", action="append", metavar="NAME", help="run repositories whose name contains NAME, again")
    parser.add_argument("--jobs", type=int, default=1, help="stacks at a time")
    parser.add_argument("--limit", type=int, default=900, help="seconds per repository")
    parser.add_argument("--minutes", type=float, default=10_000, help="end the run after this time")
    parser.add_argument("--start-limit", type=int, default=180, help="seconds to wait for the stack")
    parser.add_argument("--table", action="store_true", help="only print the results")
    options = parser.parse_args()
    repositories = list(chosen(options))
    results = read_results(options.results)
    if options.table:
        return print_table(repositories, results)
    if not options.corpus:
        parser.error("missing --corpus: the folder of the checkouts")
    options.binary = options.binary.resolve()
    options.end = time.monotonic() + 60 * options.minutes
    todo = [r for r in repositories if "cannot-run" not in r and (options.only or label(r) not in results)]
    todo.sort(key=lambda repository: size(options.corpus, repository))
    lock = threading.Lock()

    def one(repository):
        if time.monotonic() >= options.end:
            return
        result = Run(repository, options).go()
        with lock, options.results.open("a") as file:
            if result["outcome"] != "unfinished":
                file.write(json.dumps(result) + "\n")
            print(f"{result['outcome']:<11} {result['stage']:<8} {result['seconds']:>4} s  {result['name']}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(one, repository) for repository in todo]:
            done.result()
    print_table(repositories, read_results(options.results))


if __name__ == "__main__":
    sys.exit(main())
