"""Solicitudes: behind its flag."""

from django.urls import path

from tickets.views import requests

app_name = "requests"
urlpatterns = [
    path("", requests.catalogue, name="list"),
    path("por-aprobar/<token:public_id>/", requests.asked_detail, name="asked"),
    path("por-aprobar/<token:public_id>/retirar/", requests.asked_withdraw, name="withdraw"),
    path("<slug:slug>/", requests.request_new, name="new"),
    path("<slug:slug>/archivos/", requests.draft_files, name="new_files"),
]
