"""All routes of the site."""

from django.contrib import admin
from django.urls import include, path

from catalog import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/", health.live),
    path("ready/", health.ready),
    path("products/", include("catalog.urls")),
]
