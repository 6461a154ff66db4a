"""What clients may send."""

from django import forms

from locations.models import Location


class LocationForm(forms.ModelForm):
    """A new location; the plan is for staff, in the admin."""

    class Meta:
        model = Location
        fields = ["name", "latitude", "longitude"]
