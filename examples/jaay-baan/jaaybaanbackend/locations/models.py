"""The tables of places."""

from django.core.validators import FileExtensionValidator, MaxValueValidator, MinValueValidator
from django.db import models


class Location(models.Model):
    """A place on the map. Staff may attach a plan of it in the admin."""

    name = models.CharField(max_length=200)
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    plan = models.FileField(upload_to="plans/", blank=True, validators=[FileExtensionValidator(["pdf"])])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
