"""Settings from the environment.

What has no safe default is read with os.environ[...]: the process stops at start and names the missing variable.
"""

import os
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent


def is_true(value: str) -> bool:
    """What people write into an environment file when they mean yes."""
    return value.strip().lower() in {"1", "true", "yes", "on"}


def comma_list(value: str) -> list[str]:
    """Split at commas, without blanks and empty parts."""
    return [part.strip() for part in value.split(",") if part.strip()]


SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = is_true(os.environ.get("DEBUG", "false"))
ALLOWED_HOSTS = comma_list(os.environ["ALLOWED_HOSTS"])

# TLS ends at the proxy, which also redirects and sends HSTS; cookies must not travel without it.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "authentication",
    "locations",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
ROOT_URLCONF = "jaaybaanbackend.urls"
WSGI_APPLICATION = "jaaybaanbackend.wsgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["DB_NAME"],
        "USER": os.environ["DB_USER"],
        "PASSWORD": os.environ["DB_PASSWORD"],
        "HOST": os.environ["DB_HOST"],
        "PORT": os.environ["DB_PORT"],
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "authentication.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", BASE_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Web pages from elsewhere that may call this API; none unless named.
CORS_ALLOWED_ORIGINS = comma_list(os.environ.get("CORS_ALLOWED_ORIGINS", ""))

LOG_LEVEL = os.environ.get("LOG_LEVEL", "INFO").upper()
LOG_DIR = BASE_DIR / "logs"
LOG_HANDLERS: dict[str, dict[str, Any]] = {
    "stdout": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"},
}
# Logs belong on stdout. A copy on disk is for those who mount a volume there: elsewhere the root is read-only.
if os.access(LOG_DIR, os.W_OK):
    LOG_HANDLERS["file"] = {
        # Several workers append to this file, so none of them may rotate it; this handler notices when logrotate does.
        "class": "logging.handlers.WatchedFileHandler",
        "formatter": "line",
        "filename": LOG_DIR / "jaay-baan.log",
    }
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": LOG_HANDLERS,
    "root": {"handlers": list(LOG_HANDLERS), "level": LOG_LEVEL},
    # Django's own loggers come with handlers that mail admins and stay silent without DEBUG: hand over to the root.
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}
