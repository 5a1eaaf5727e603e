"""Gestión: what everybody finds there. Its parts for managers have URL files, and namespaces, of their own."""

from django.urls import path

from accounts.views import management

app_name = "management"
urlpatterns = [
    path("", management.index, name="index"),
]
