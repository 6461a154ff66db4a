"""The user model."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Django's user for now; a model of our own from the start, since it cannot be exchanged later."""
