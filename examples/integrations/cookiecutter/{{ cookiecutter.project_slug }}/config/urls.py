"""Which view answers which path."""

from django.urls import path

from guestbook import views

urlpatterns = [
    path("health/", views.health),
    path("entries/", views.entries),
]
