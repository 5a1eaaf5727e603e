"""The rules of use: read by everybody, accepted by people of companies."""

from django.urls import path

from announcements import views

app_name = "rules"
urlpatterns = [
    path("", views.rules, name="rules"),
    path("aceptar/", views.accept_rules, name="accept"),
]
