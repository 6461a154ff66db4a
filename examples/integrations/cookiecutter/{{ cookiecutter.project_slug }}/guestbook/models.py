"""What is kept."""

from django.db import models


class Entry(models.Model):
    text = models.CharField(max_length=1000)
    written = models.DateTimeField(auto_now_add=True)
