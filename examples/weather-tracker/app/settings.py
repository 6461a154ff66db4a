"""The environment, read once at start."""

import os
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """What the deployment decides."""

    openweather_api_key: str = field(repr=False)  # so that it never ends up in a log by accident
    redis_host: str
    redis_port: int

    @classmethod
    def from_environment(cls) -> "Settings":
        """A missing required variable is a KeyError that names it, and the server does not start."""
        return cls(
            openweather_api_key=os.environ["OPENWEATHER_API_KEY"],
            redis_host=os.environ["REDIS_HOST"],
            redis_port=int(os.environ.get("REDIS_PORT", "6379")),
        )
