"""The catalog in Django's admin."""

from django.contrib import admin

from catalog.models import Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """Products, findable by name."""

    list_display = ["name", "price", "created_at"]
    search_fields = ["name"]

    class Media:
        css = {"all": ["catalog/admin.css"]}
