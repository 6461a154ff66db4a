"""Uploaded images become thumbnails of one size and format."""

from io import BytesIO
from typing import BinaryIO

from django.core.files.base import ContentFile
from PIL import Image, ImageOps

EDGE = 800


def thumbnail(upload: BinaryIO) -> ContentFile:
    """A JPEG at most 800 pixels wide and high. Encoding afresh also drops metadata, such as where it was taken."""
    with Image.open(upload) as image:
        image = ImageOps.exif_transpose(image)
        image.thumbnail((EDGE, EDGE))
        encoded = BytesIO()
        image.convert("RGB").save(encoded, "JPEG", quality=85)
    return ContentFile(encoded.getvalue())
