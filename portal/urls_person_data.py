"""“My data”: a page that composes every app, under the account's address."""

from django.urls import path

from portal import person_data

app_name = "my_data"
urlpatterns = [
    path("", person_data.index, name="index"),
    path("descargar/", person_data.download, name="download"),
    path("borrar/", person_data.erasure, name="erasure"),
    path("retirar/", person_data.withdraw, name="withdraw"),
]
