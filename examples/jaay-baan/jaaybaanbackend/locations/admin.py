"""Locations in Django's admin."""

from django.contrib import admin

from locations.models import Location


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    """Locations, findable by name."""

    list_display = ["name", "latitude", "longitude", "created_at"]
    search_fields = ["name"]

    class Media:
        css = {"all": ["locations/admin.css"]}
