from webinars.forms.desk import AnnounceForm, FileForm, RescheduleForm, WebinarForm
from webinars.forms.library import LibraryForm

__all__ = ["AnnounceForm", "FileForm", "LibraryForm", "RescheduleForm", "WebinarForm"]
