"""Gestión › Permisos: all people and all permissions, changed together."""

from django.urls import path

from accounts.views import permissions

app_name = "permissions"
urlpatterns = [
    path("", permissions.matrix, name="matrix"),
    path("revisar/", permissions.review, name="review"),
    path("aplicar/", permissions.apply, name="apply"),
    path("deshacer/", permissions.undo, name="undo"),
]
