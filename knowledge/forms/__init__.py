from knowledge.forms.desk import ArticleForm, CategoryForm, LinksForm, PictureForm, PreviewForm
from knowledge.forms.help import SearchForm, VoteForm

__all__ = ["ArticleForm", "CategoryForm", "LinksForm", "PictureForm", "PreviewForm", "SearchForm", "VoteForm"]
