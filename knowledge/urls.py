"""Pages of the help: open to visitors, each of whom sees what is there for them."""

from django.urls import path

from knowledge import views

app_name = "knowledge"
urlpatterns = [
    path("", views.index, name="index"),
    path("temas/<slug:slug>/", views.category, name="category"),
    path("imagenes/<token:token>/", views.picture, name="picture"),
    path("<slug:slug>/", views.article, name="article"),
    path("<slug:slug>/imprimir/", views.article_on_paper, name="article_print"),
    path("<slug:slug>/voto/", views.vote, name="vote"),
]
