"""What clients may send."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator

from catalog.models import Product

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000  # a small file can unpack into gigabytes: the header says so before anything is unpacked


class ProductForm(forms.ModelForm):
    """A new product; the photo comes in a request of its own."""

    class Meta:
        model = Product
        fields = ["name", "price"]


class PhotoForm(forms.Form):
    """An upload that Pillow recognises as an image of an expected kind and size."""

    photo = forms.ImageField(validators=[FileExtensionValidator(["jpeg", "jpg", "png", "webp"])])

    def clean_photo(self) -> UploadedFile:
        """Look at size and content; the extension alone proves nothing."""
        photo = self.cleaned_data["photo"]
        if photo.size > MAX_BYTES:
            raise forms.ValidationError("The file is larger than 5 MiB.")
        if photo.image.format not in {"JPEG", "PNG", "WEBP"}:
            raise forms.ValidationError("Only JPEG, PNG and WebP are accepted.")
        if photo.image.width * photo.image.height > MAX_PIXELS:
            raise forms.ValidationError("The image has more than 25 megapixels.")
        return photo
