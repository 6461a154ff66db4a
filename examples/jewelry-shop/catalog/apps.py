"""The app's registration."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """What the shop sells."""

    name = "catalog"
