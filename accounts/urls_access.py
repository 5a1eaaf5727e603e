"""Spanish paths under allauth's names, only those that this portal uses."""

from allauth.account import views
from django.urls import path, re_path

urlpatterns = [
    path("", views.login, name="account_login"),
    path("salir/", views.logout, name="account_logout"),
    path("recuperar/", views.password_reset, name="account_reset_password"),
    path("recuperar/enviado/", views.password_reset_done, name="account_reset_password_done"),
    path("recuperar/listo/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^recuperar/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
