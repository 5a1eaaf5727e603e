from django.urls import path

from accounts.views import account, second_factor, sessions

app_name = "account"
urlpatterns = [
    path("perfil/", account.profile, name="profile"),
    path("contrasena/", account.password, name="password"),
    path("invitacion/<str:token>/", account.invitation, name="invitation"),
    path("correo/", account.email, name="email"),
    path("correo/confirmar/<str:token>/", account.email_confirm, name="email_confirm"),
    path("correos/", account.mails, name="mails"),
    path("correos/baja/<str:token>/", account.unsubscribe, name="unsubscribe"),
    path("segundo-factor/", second_factor.index, name="second_factor"),
    path("segundo-factor/aplicacion/", second_factor.app_add, name="app_add"),
    path("segundo-factor/aplicacion/quitar/", second_factor.app_remove, name="app_remove"),
    path("segundo-factor/codigos/", second_factor.recovery_codes, name="recovery_codes"),
    path("segundo-factor/llaves/nueva/", second_factor.passkey_add, name="passkey_add"),
    path("segundo-factor/llaves/<str:key>/", second_factor.passkey_rename, name="passkey_rename"),
    path("segundo-factor/llaves/<str:key>/quitar/", second_factor.passkey_remove, name="passkey_remove"),
    path("sesiones/", sessions.index, name="sessions"),
    path("sesiones/cerrar-otras/", sessions.close_others, name="sessions_close_others"),
    path("sesiones/<str:name>/cerrar/", sessions.close, name="session_close"),
]
