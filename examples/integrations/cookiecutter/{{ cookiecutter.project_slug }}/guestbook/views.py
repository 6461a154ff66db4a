"""The guest book: write and read."""

import json

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBadRequest, JsonResponse
from django.views.decorators.http import require_http_methods, require_safe

from guestbook.models import Entry


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    connection.ensure_connection()
    return JsonResponse({"status": "ok"})


@require_http_methods(["GET", "POST"])
def entries(request: HttpRequest) -> JsonResponse | HttpResponseBadRequest:
    if request.method == "POST":
        text = json.loads(request.body).get("text", "")
        if not 0 < len(text) <= 1000:
            return HttpResponseBadRequest("text has 1 to 1000 characters")
        Entry.objects.create(text=text)
        return JsonResponse({"text": text}, status=201)
    newest = Entry.objects.order_by("-written")[:50]
    return JsonResponse({"title": settings.SITE_NAME, "entries": [entry.text for entry in newest]})
