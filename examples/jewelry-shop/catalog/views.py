"""The JSON interface of the catalog.

It is the interior of a shop: who may write is decided by the gateway in front of it.
"""

import json
import logging
from typing import Any

from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from redis.exceptions import RedisError

from catalog.forms import PhotoForm, ProductForm
from catalog.models import Product
from catalog.photos import thumbnail

log = logging.getLogger(__name__)

PAGE = 100


# csrf_exempt here and below: these views read no cookie and no session, so a foreign page that makes a browser
# call them gains nothing that it could not do by itself. The admin keeps its protection.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def products(request: HttpRequest) -> JsonResponse:
    """List the newest products, or add one."""
    if request.method == "POST":
        return create_product(request)
    return JsonResponse({"products": [as_json(product) for product in Product.objects.all()[:PAGE]]})


def create_product(request: HttpRequest) -> JsonResponse:
    """Add the product in the body, a JSON object with `name` and `price`."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return JsonResponse({"errors": {"body": ["Expected a JSON object."]}}, status=400)
    form = ProductForm(body)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    product = form.save()
    log.info("product %d created", product.pk)
    return JsonResponse(as_json(product), status=201)


@require_safe
def product(_: HttpRequest, product_id: int) -> JsonResponse:
    """One product, and how often it was looked at."""
    found = get_object_or_404(Product, pk=product_id)
    return JsonResponse(as_json(found) | {"views": count_view(product_id)})


def count_view(product_id: int) -> int | None:
    """Count in redis. A counter is not worth an error page: without redis the number is null."""
    key = f"product-views:{product_id}"
    try:
        cache.add(key, 0, timeout=None)
        return cache.incr(key)
    except (RedisError, ValueError) as error:  # ValueError: redis dropped the key between the two calls
        log.warning("view of product %d not counted: %s", product_id, error)
        return None


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def photo(request: HttpRequest, product_id: int) -> HttpResponseBase:
    """Serve the product's thumbnail, or replace it by an uploaded image."""
    found = get_object_or_404(Product, pk=product_id)
    if request.method == "POST":
        return replace_photo(request, found)
    if not found.photo:
        raise Http404
    try:
        return FileResponse(found.photo.open(), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None


def replace_photo(request: HttpRequest, product: Product) -> JsonResponse:
    """Store the thumbnail of the upload in the form field `photo`, and drop the file before it."""
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    upload = form.cleaned_data["photo"]
    upload.seek(0)
    before = product.photo.name
    product.photo.save(f"{product.pk}.jpg", thumbnail(upload), save=False)
    product.save(update_fields=["photo"])
    if before:
        product.photo.storage.delete(before)
    return JsonResponse(as_json(product), status=201)


def as_json(product: Product) -> dict[str, Any]:
    """What a client sees of a product."""
    return {
        "id": product.pk,
        "name": product.name,
        "price": str(product.price),
        "photo": f"/products/{product.pk}/photo/" if product.photo else None,
        "created_at": product.created_at,
    }
