"""Hostile texts, names and numbers, shared by all generators."""

import random

# fmt: off
# Each of these is special in TOML, YAML, a Dockerfile, a shell, Compose, Kubernetes, dotenv, Jinja, Python, a terminal or a file system.
TEXTS: tuple[str, ...] = (
    "", " ", "'", '"', "a'b\"c", "\\", "a\\", "C:\\data\\", "a\\nb", "'''", '"""', "it's $HOME \"x\" #y \\",
    # newlines
    "a\nRUN id", "a\r\nUSER root", "a\rUSER root", "a\n- b", "a\nprivileged: true", "a\vb", "a\fb", "a\x1cb", "a\x85b", "a\u2028b", "a\u2029b",
    # shells
    "$(id)", "`id`", "${HOME}", "$HOME", "$$", "$$HOME", "$", "a$", "${", "${HOME:-x}", "${HOME?x}", "a; id", "a && id", "a || id", "a | id",
    "a > /etc/x", "a < /etc/x", "(id)", "!id", "~root", "*", "?", "[a-z]", "{a,b}", "#", "# a", "a # b", "a#b", "'; id; '", '"; id; "', "' && id '",
    # Dockerfiles
    "<<EOF", "EOF", "a <<EOF b", '"]\nCMD ["id', '"] && id', "--mount=type=secret,id=x", "--from=x", "# syntax=evil/frontend", "# escape=`", "a\\\nRUN id",
    # YAML
    "!!python/object:x", "!x", "&anchor", "*app", "<<", "? a", "- a", "a: b", "a: b # c", "[a, b]", "{a: b}", "null", "~", "yes", "NO", "on", "0x10",
    "0o17", "1e3", ".inf", "1_000", "12:30:45", "2001-01-01", "---", "...", "%YAML 1.1", "|", ">", "@a", "a:", ":a", "'a", '"a', "a\tb", "=", "y",
    # Kubernetes and Compose expansion
    "$(HOME)", "$$(HOME)", "$(PORT)", "$(SECRET_KEY)", "$$$(PORT)", "${SECRET_KEY}", "$SECRET_KEY", "$${SECRET_KEY}",
    # templates and references
    "{{ name }}", "{% raw %}", "{# a #}", "{app.entry}", "{nothing.here}", "{answers.team}", "{{app.entry}", "{", "}", "{}", "%s", "%(x)s", "{0}", "{level.name}",
    # flags and paths
    "--privileged", "-rm", "-", "--", "../../etc/passwd", "/etc/passwd", "..", ".", "/", "//", "a//b", "a/../b", "./a", "a/.", ".git/config", ".env", ".git/hooks/x",
    "C:\\Windows", "con", "a b/c", "a/", "/proc/self/environ", "/app", "/usr", "/tmp/../etc", "file:///etc/passwd", "a[b", "[", "a]", "a[^]", "[.]env", "**", "**/*", "!x",
    # invisible characters, and those that change the display order
    "a\x00b", "a\x07b", "a\x08b", "a\x7fb", "a\x9bb", "\x1b[31m", "\x1b]0;x\x07", "a\u202eb", "a\u2066b", "\ufeffa", "a\u200bb", "a\u200eb", "a\u200fb", "a\u061cb",
    "a\u2060b", "a\u00adb", "a\U000e0041b", "a\ufffeb", "a\uffffb", "a\ufff9b", "a\u180eb", "a\u034fb",
    # non-ASCII letters
    "日本語", "émoji 🎉", "ÅÅ", "a\u0301", "ａ", "ß", "İ", "\U0001f468\u200d\U0001f469", "\ud7ff", "𐀀",
    # long texts
    "x" * 300, "x" * 10_000, '"$(' * 3_334, "'" * 2_000, "\\" * 2_001, "x" * 65_536, "a " * 33_000, "{" * 5_000, "[" * 5_000,
)

# Harmless enough to pass the validation of names, versions, paths and hosts, to attack the code after it.
PLAUSIBLE: tuple[str, ...] = (
    "a", "a-b", "a.b", "a_b", "A", "a1", "0", "1", "00", "1.0", "latest", "x" * 40, "x" * 63, "x" * 64, "no", "on", "null", "true", "n", "web", "release", "backend",
    "default", "app", "db", "tmp", "secrets", "localhost", "example.com", "a.example.com:5000/x", "a:1", "a@sha256:" + "0" * 64, "/a", "/a/b", "a/b", "a/b.toml",
    "dockgen.toml", "dockgen.lock", "Dockerfile", "compose.yaml", ".env", "a.py", "a@b", "a+b", "a:b", "1:1", "1Gi", "1m", "1e9", "a==1", "*.example.com", "*", "**",
)

NAMES: tuple[str, ...] = (
    "A", "a", "__proto__", "PATH", "HOME", "PORT", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONSTARTUP", "PYTHONPATH", "BASH_ENV", "ENV", "IFS", "NO", "null", "y", "<<", "on",
    "a.b", "a b", "a=b", "a:b", "a\nb", "", "a\"b", "a'b", "$x", "${x}", "a\x00b", "-a", "x" * 200, "é", "a/b", "..", "web", "release", "db", "default", "backend", "tmp",
)

NUMBERS: tuple[object, ...] = (
    -1, 0, 1, 2, 80, 1023, 1024, 8000, 65_535, 65_536, 2**31 - 1, 2**31, 2**32, 2**63 - 1, -(2**63), 0.5, -0.0, 1e308, float("inf"), float("nan"),
)

# Names and values that are recognized as secrets. {} is the marker that must not appear in any output.
SECRET_NAMES: tuple[str, ...] = (
    "DB_PASS", "DB_PASSWORD", "MYSQL_PWD", "PGPASSWORD", "PASSPHRASE", "SECRET_KEY", "API_KEY", "API_KEYS", "STRIPE_SECRET", "AUTH_TOKEN", "TOKEN", "TOKENS", "JWT_SECRET",
    "GITHUB_PAT", "LDAP_BIND_PW", "FERNET_KEYS", "AWS_SECRET_ACCESS_KEY", "CLIENT_SECRET", "PRIVATE_KEY", "SMTP_PASSWORD", "ENCRYPTION_KEY", "SIGNING_KEY", "SECRETS",
    "WEBHOOK_SECRET", "REDIS_PASSWORD", "ADMIN_PASSWORD", "OPENAI_API_KEY", "ACCESS_KEY", "SECRET", "PASSWORD", "DJANGO_SECRET_KEY", "CREDENTIALS", "SENTRY_DSN",
    "ADMIN_HASH", "USER_DIGEST", "LOGIN_HASH", "PUBLIC_PRIVATE_KEYPAIR", "SSH_KEYPAIR",
)
SECRET_TEXTS: tuple[str, ...] = (
    "postgres://shop:{}@db/shop", "redis://:{}@cache:6379/0", "amqp://u:{}@mq//", "https://{}@host/path", "postgres://db/shop?user=u&password={}",
    "Server=db;Database=shop;User Id=sa;Password={};", "-----BEGIN PRIVATE KEY----- {} -----END PRIVATE KEY-----", "ghp_{}", "glpat-{}", "xoxb-1-{}", "sk_live_{}",
    "https://hooks.slack.com/services/T0/B0/{}", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={}==", "mongodb+srv://u:{}@cluster/db", "Bearer {}",
    "https://host/path?token={}", "smtp://user:{}@mail:25", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{}",
    "live_123456789_{}", "bearer {}", "Authorization: Bearer {}", "u:{}@tcp(db:3306)/shop", "VK7JG-NPHTM-C97JM-9MPGT-3V66T {}", "9f86-d081-884c-7d65 {}",
    "aB3dE-fG4hI-jK5lM-nO6pQ-rS7tU {}", "k8sJq2Zt7Xv1 {}",
)


# Addresses of presets with a password or token; no server exists there.
ADDRESSES: tuple[str, ...] = (
    "git+https://{}@127.0.0.1:1/team/presets.git", "git+https://user:{}@127.0.0.1:1/team/presets.git", "git+https://x-access-token:{}@127.0.0.1:1/presets",
    "git+https://oauth2:{}@127.0.0.1:1/p.git", "git+ssh://git:{}@127.0.0.1:1/p.git", "git+https://{}:x-oauth-basic@127.0.0.1:1/p.git", "git+https://{}:@127.0.0.1:1/p",
    "https://{}@127.0.0.1:1/p.git", "git+http://u:{}@127.0.0.1:1/p.git", "git+https://127.0.0.1:1/p.git?private_token={}", "git+https://a@{}@127.0.0.1:1/p.git",
)

# Templates that try to read more than the model, to grow without limit, or never to end.
TEMPLATES: tuple[str, ...] = (
    "{{ ''.__class__ }}", "{{ self }}", "{{ caller }}", "{{ config }}", "{% include '/etc/passwd' %}", "{% include '../../../etc/passwd' %}", "{% include 'Dockerfile.j2' %}",
    "{% import 'k8s.yaml.j2' as x %}{{ x }}", "{% for a in range(10000000000) %}{% endfor %}", "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "{{ 'x' * 9999999999 }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ range(100000)|list|join('x'*1000) }}", "{{ 'x'|indent(99999999999) }}", "{{ name|nothing }}",
    "{{ [[[[]]]] * 99999 }}", "{{ debug() }}", "{{ secrets }}", "{{ environment }}", "{{ name|replace('', 'x' * 99999)|replace('', 'x' * 99999) }}", "{% set x = 'a' * 9999 %}{{ x * 9999 }}",
    "{% raw %}", "{% block base %}{{ super() }}{{ super() }}{% endblock %}", "{% extends 'compose.yaml.j2' %}", "{{ 1 // 0 }}", "{{ -9223372036854775808 // -1 }}", "{{ 2 ** 99999 }}",
    "{{ '\\x1b[31m' }}", "\x1b[2J", "{{ ('(' * 99999)|e }}", "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{% if 1 %}" * 2000, "{{ name" + "|upper" * 3000 + " }}", "{% call %}", "\x00", "{{ name }}",
)
# fmt: on


def text(rng: random.Random) -> str:
    """A hostile text from the table, or a combination of several."""
    kind = rng.random()
    if kind < 0.62:
        return rng.choice(TEXTS)
    if kind < 0.80:
        return rng.choice(PLAUSIBLE)
    if kind < 0.95:
        return "".join(rng.choice(TEXTS)[:40] for _ in range(rng.randint(2, 4)))
    return "".join(
        chr(rng.choice((rng.randrange(0x20, 0x7F), rng.randrange(0xA0, 0x2FF), rng.randrange(0x2000, 0x2070))))
        for _ in range(rng.randint(1, 30))
    )


def visible(words: str) -> bool:
    """Whether a terminal displays the text unchanged and in order."""
    return not any(hidden(letter) for letter in words)


def hidden(letter: str) -> bool:
    """Control characters, invisible ones, and those that change the direction of text."""
    code = ord(letter)
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or code in (0xAD, 0x61C, 0x180E, 0xFEFF, 0xFFFE, 0xFFFF)
        or 0x200B <= code <= 0x200F
        or 0x2028 <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or 0xE0000 <= code <= 0xE007F
    )
