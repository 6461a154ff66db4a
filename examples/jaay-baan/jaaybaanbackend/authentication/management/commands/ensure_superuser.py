"""Create the first superuser from the environment, for a release step that runs at every deployment."""

import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import IntegrityError, transaction


class Command(BaseCommand):
    """Only ever creates: a password that was changed since stays as it is."""

    help = "Create the superuser named by SUPERUSER_USERNAME, SUPERUSER_EMAIL and SUPERUSER_PASSWORD, if there is none."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say why there is nothing to do."""
        username = os.environ.get("SUPERUSER_USERNAME", "")
        email = os.environ.get("SUPERUSER_EMAIL", "")
        password = os.environ.get("SUPERUSER_PASSWORD", "")
        if not username or not password:
            self.stdout.write("SUPERUSER_USERNAME and SUPERUSER_PASSWORD are not both set: no superuser created.")
        elif self.create(username, email, password):
            self.stdout.write(f"Superuser {username} created.")
        else:
            self.stdout.write(f"User {username} exists: left unchanged.")

    def create(self, username: str, email: str, password: str) -> bool:
        """Whether this run created the user. Of two runs at once the unique username lets only one win."""
        users = get_user_model().objects
        if users.filter(username=username).exists():
            return False
        try:
            with transaction.atomic():
                users.create_superuser(username, email, password)
        except IntegrityError:
            return False
        return True
