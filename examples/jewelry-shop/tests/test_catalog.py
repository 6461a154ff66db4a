"""Run with `python manage.py test`; DATABASE_URL=sqlite:///:memory: is enough of a database for it."""

import tempfile
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import SimpleTestCase, TestCase, override_settings
from PIL import Image

from catalog.models import Product


class HealthTest(SimpleTestCase):
    """SimpleTestCase forbids database queries, which is what is to be proved."""

    def test_health_needs_no_database(self) -> None:
        response = self.client.get("/health/", headers={"Host": "localhost"})
        self.assertEqual((response.status_code, response.json()), (200, {"status": "healthy"}))


@override_settings(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}})
class ProductTest(TestCase):
    """Products with their views and photos."""

    def setUp(self) -> None:
        media = tempfile.TemporaryDirectory()
        self.addCleanup(media.cleanup)
        self.enterContext(self.settings(MEDIA_ROOT=media.name))

    def test_a_product_can_be_read_back(self) -> None:
        created = self.client.post("/products/", {"name": "Ring", "price": "99.50"}, "application/json")
        self.assertEqual(created.status_code, 201)
        self.assertEqual(self.client.get("/products/").json(), {"products": [created.json()]})
        url = f"/products/{created.json()['id']}/"
        self.assertEqual([self.client.get(url).json()["views"] for _ in range(2)], [1, 2])

    def test_bad_input(self) -> None:
        for body in ("not json", "[]", {"name": "Ring"}, {"name": "Ring", "price": "-1"}):
            self.assertEqual(self.client.post("/products/", body, "application/json").status_code, 400, body)

    def test_a_photo_becomes_a_thumbnail(self) -> None:
        ring = Product.objects.create(name="Ring", price=1)
        png = BytesIO()
        Image.new("RGBA", (1600, 1200), "gold").save(png, "PNG")
        url = f"/products/{ring.pk}/photo/"
        for _ in range(2):
            upload = SimpleUploadedFile("ring.png", png.getvalue(), "image/png")
            self.assertEqual(self.client.post(url, {"photo": upload}).status_code, 201)
        stored = Image.open(BytesIO(b"".join(self.client.get(url).streaming_content)))
        self.assertEqual((stored.format, stored.size), ("JPEG", (800, 600)))
        _, files = Product.objects.get().photo.storage.listdir("products")
        self.assertEqual(len(files), 1)

    def test_what_is_no_image_is_refused(self) -> None:
        ring = Product.objects.create(name="Ring", price=1)
        upload = SimpleUploadedFile("ring.png", b"<script>", "image/png")
        self.assertEqual(self.client.post(f"/products/{ring.pk}/photo/", {"photo": upload}).status_code, 400)
        self.assertEqual(self.client.get(f"/products/{ring.pk}/photo/").status_code, 404)
