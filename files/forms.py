"""Form fields for files."""

from django import forms


class ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name) -> list:
        return files.getlist(name)


class ManyFilesField(forms.FileField):
    """Several files; cleaned to a list of what the browser sent."""

    widget = ManyFilesInput

    def clean(self, data, initial=None) -> list:
        return [file for file in (data or []) if file]
