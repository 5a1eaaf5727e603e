"""Novedades: what each version brings."""

from django.urls import path, register_converter

from portal import news
from releases.versions import VersionConverter

register_converter(VersionConverter, "version")

app_name = "releases"
urlpatterns = [
    path("", news.news, name="news"),
    path("imprimir/", news.news_on_paper, name="news_print"),
    path("<version:version>/", news.release, name="release"),
    path("<version:version>/imprimir/", news.release_on_paper, name="release_print"),
]
