"""The JSON interface of places. Who may write is decided by the gateway in front of it."""

import json
import logging
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from locations.forms import LocationForm
from locations.models import Location

log = logging.getLogger(__name__)

PAGE = 100


# csrf_exempt: this view reads no cookie and no session, so a foreign page that makes a browser call it gains
# nothing that it could not do by itself. The admin keeps its protection.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def locations(request: HttpRequest) -> JsonResponse:
    """List the newest locations, or add one."""
    if request.method == "POST":
        return create_location(request)
    return JsonResponse({"locations": [as_json(location) for location in Location.objects.all()[:PAGE]]})


def create_location(request: HttpRequest) -> JsonResponse:
    """Add the location in the body, a JSON object with `name`, `latitude` and `longitude`."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return JsonResponse({"errors": {"body": ["Expected a JSON object."]}}, status=400)
    form = LocationForm(body)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    location = form.save()
    log.info("location %d created", location.pk)
    return JsonResponse(as_json(location), status=201)


def as_json(location: Location) -> dict[str, Any]:
    """What a client sees of a location."""
    return {
        "id": location.pk,
        "name": location.name,
        "latitude": location.latitude,
        "longitude": location.longitude,
        "created_at": location.created_at,
    }
