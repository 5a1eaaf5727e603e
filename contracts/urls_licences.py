"""Gestión: licences and modules, for all the company's people."""

from django.urls import path

from contracts.views import licences

app_name = "licences"
urlpatterns = [
    path("", licences.index, name="list"),
    path("<token:public_id>/", licences.download, name="download"),
    path("<token:public_id>/aplicado/", licences.apply, name="apply"),
]
