"""The app's registration."""

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Who may enter."""

    name = "authentication"
