"""The app's registration."""

from django.apps import AppConfig


class LocationsConfig(AppConfig):
    """Places and what is known of them."""

    name = "locations"
