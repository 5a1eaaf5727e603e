from releases.forms.desk import NoteForm, PublishForm, ReleaseForm
from releases.forms.news import NewsForm

__all__ = ["NewsForm", "NoteForm", "PublishForm", "ReleaseForm"]
