"""The two questions an orchestrator asks."""

import logging

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)


@require_safe
@never_cache
def live(_: HttpRequest) -> JsonResponse:
    """The process answers. It does not ask the database: a restart of this process would not mend that."""
    return JsonResponse({"status": "healthy"})


@require_safe
@never_cache
def ready(_: HttpRequest) -> JsonResponse:
    """The database answers too. Why it does not goes into the log, not to the public."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("the database is not ready: %s", error)
        return JsonResponse({"status": "unavailable", "failed": ["database"]}, status=503)
    return JsonResponse({"status": "ready"})
