"""The two questions an orchestrator asks."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def ask_database() -> None:
    """The shortest question there is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def ask_redis() -> None:
    """A read of a key that nobody writes."""
    cache.get("ready")


CHECKS: dict[str, Callable[[], None]] = {"database": ask_database, "redis": ask_redis}


@require_safe
@never_cache
def live(_: HttpRequest) -> JsonResponse:
    """The process answers. It asks nobody else: a restart of this process would not mend a database."""
    return JsonResponse({"status": "healthy"})


@require_safe
@never_cache
def ready(_: HttpRequest) -> JsonResponse:
    """The services behind us answer too. What exactly failed goes into the log, not to the public."""
    failed = [name for name, ask in CHECKS.items() if not succeeds(name, ask)]
    if failed:
        return JsonResponse({"status": "unavailable", "failed": failed}, status=503)
    return JsonResponse({"status": "ready"})


def succeeds(name: str, ask: Callable[[], None]) -> bool:
    """Whether the service answers."""
    try:
        ask()
    except (DatabaseError, RedisError) as error:
        log.warning("%s is not ready: %s", name, error)
        return False
    return True
