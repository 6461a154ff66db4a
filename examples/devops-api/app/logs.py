"""One JSON object a line on stdout, which is all a log collector needs."""

import json
import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

# Everything a plain LogRecord carries: what is left over came in through `extra=`.
STANDARD_FIELDS = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """The message is the event's name; what `extra=` holds becomes fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        entry |= {key: value for key, value in vars(record).items() if key not in STANDARD_FIELDS}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def configure(level: str) -> None:
    """Send every logger through the JSON handler; an unknown level stops the program here, by name."""
    uvicorn = {"handlers": [], "propagate": True}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonFormatter}},
            "handlers": {
                "stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
            },
            "root": {"handlers": ["stdout"], "level": level.upper()},
            "loggers": {
                "uvicorn": uvicorn,
                "uvicorn.error": uvicorn,
                # The middleware in main.py logs each request with more fields; two lines a request is one too many.
                "uvicorn.access": uvicorn | {"level": "WARNING"},
            },
        }
    )
