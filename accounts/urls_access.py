"""Spanish paths under allauth's names, only those that this portal uses."""

from allauth.account import views
from allauth.mfa.base.views import reauthenticate as confirm_by_code
from django.urls import path, re_path

from accounts.views import access, registration
from accounts.views.second_factor import at_log_in, confirm_by_passkey

urlpatterns = [
    path("", views.login, name="account_login"),
    path("salir/", views.logout, name="account_logout"),
    path("confirmar/", views.reauthenticate, name="account_reauthenticate"),
    path("confirmar/codigo/", confirm_by_code, name="mfa_reauthenticate"),
    path("confirmar/llave/", confirm_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("segundo-factor/", at_log_in, name="mfa_authenticate"),
    path("recuperar/", access.password_reset, name="account_reset_password"),
    path("recuperar/enviado/", views.password_reset_done, name="account_reset_password_done"),
    path("recuperar/listo/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^recuperar/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        access.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("registro/", registration.ask, name="account_register"),
    path("registro/enviado/", registration.sent, name="account_register_sent"),
    path("registro/listo/", registration.done, name="account_register_done"),
    path("registro/<str:token>/", registration.verify, name="account_register_verify"),
]
