"""Routes under /products/."""

from django.urls import path

from catalog import views

urlpatterns = [
    path("", views.products),
    path("<int:product_id>/", views.product),
    path("<int:product_id>/photo/", views.photo),
]
