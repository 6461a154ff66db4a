"""Run with `python manage.py test` beside manage.py; it needs the PostgreSQL server that DB_HOST names."""

import os
from io import StringIO
from unittest import mock

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError
from django.test import SimpleTestCase, TestCase


class HealthTest(SimpleTestCase):
    """SimpleTestCase forbids database queries, which is what is to be proved."""

    def test_health_needs_no_database(self) -> None:
        response = self.client.get("/health/", headers={"Host": "localhost"})
        self.assertEqual((response.status_code, response.json()), (200, {"status": "healthy"}))


class LocationTest(TestCase):
    """Locations over HTTP."""

    def test_a_location_can_be_read_back(self) -> None:
        body = {"name": "Baan", "latitude": 13.75, "longitude": 100.5}
        created = self.client.post("/locations/", body, "application/json")
        self.assertEqual(created.status_code, 201)
        self.assertEqual(self.client.get("/locations/").json(), {"locations": [created.json()]})

    def test_bad_input(self) -> None:
        for body in ("not json", "[]", {"name": "Baan"}, {"name": "Baan", "latitude": 91, "longitude": 0}):
            self.assertEqual(self.client.post("/locations/", body, "application/json").status_code, 400, body)


class EnsureSuperuserTest(TestCase):
    """The release step."""

    SET = {"SUPERUSER_USERNAME": "root", "SUPERUSER_EMAIL": "root@example.org", "SUPERUSER_PASSWORD": "first"}

    def ensure(self, environment: dict[str, str]) -> str:
        out = StringIO()
        unset = dict.fromkeys(self.SET, "")
        with mock.patch.dict(os.environ, unset | environment):
            call_command("ensure_superuser", stdout=out)
        return out.getvalue()

    def test_it_creates_once_and_keeps_the_password(self) -> None:
        self.assertIn("created", self.ensure(self.SET))
        self.assertIn("exists", self.ensure(self.SET | {"SUPERUSER_PASSWORD": "second"}))
        user = get_user_model().objects.get()
        self.assertTrue(user.is_superuser and user.check_password("first"))

    def test_it_does_nothing_when_unset(self) -> None:
        self.assertIn("no superuser created", self.ensure({"SUPERUSER_USERNAME": "root"}))
        self.assertFalse(get_user_model().objects.exists())

    def test_losing_the_race_is_no_error(self) -> None:
        with mock.patch.object(get_user_model().objects, "create_superuser", side_effect=IntegrityError):
            self.assertIn("exists", self.ensure(self.SET))
