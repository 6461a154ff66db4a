"""All routes of the backend."""

from django.contrib import admin
from django.urls import path

from jaaybaanbackend import health
from locations.views import locations

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/", health.live),
    path("ready/", health.ready),
    path("locations/", locations),
]
