"""Pages of people without an account, where the setting allows them; one is for whoever has one now."""

from django.urls import path

from tickets.views import guests

app_name = "guests"
urlpatterns = [
    path("invitado/", guests.new, name="new"),
    path("invitado/enviado/", guests.sent, name="sent"),
    path("invitado/respuestas/", guests.answers, name="answers"),
    path("invitado/incorporar/", guests.adopt, name="adopt"),
    path("invitado/confirmar/<token:token>/", guests.verify, name="verify"),
    path("consulta/", guests.lookup, name="lookup"),
    path("consulta/salir/", guests.leave, name="leave"),
    path("consulta/enlace/<str:token>/", guests.link, name="link"),
    path("consulta/<token:code>/", guests.read, name="ticket"),
    path("consulta/<token:code>/cambios/<int:since>/", guests.changes, name="changes"),
    path("consulta/<token:code>/resuelto/", guests.close, name="close"),
    path("consulta/<token:code>/reabrir/", guests.reopen, name="reopen"),
    path("consulta/<token:code>/adjuntos/<token:token>/", guests.attachment, name="attachment"),
    path("consulta/<token:code>/adjuntos/<token:token>/estado/", guests.attachment_state, name="attachment_state"),
]
