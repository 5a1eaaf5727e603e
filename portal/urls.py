from django.contrib import admin
from django.urls import include, path, register_converter

from portal import health
from portal.home import home
from portal.language import choose_language
from portal.visitors import visitors_home
from text.tokens import TokenConverter

register_converter(TokenConverter, "token")

urlpatterns = [
    path("", visitors_home, name="root"),
    path("inicio/", home, name="home"),
    path("buscar/", include("portal.search.urls")),
    path("acceso/", include("accounts.urls_access")),
    path("cuenta/", include("accounts.urls")),
    path("empresa/", include("accounts.urls_company")),
    path("cuenta/mis-datos/", include("portal.urls_person_data")),
    path("gestion/", include("accounts.urls_management")),
    path("gestion/permisos/", include("accounts.urls_permissions")),
    path("gestion/registro/", include("accounts.urls_logbook")),
    path("gestion/usuarios/", include("accounts.urls_people")),
    path("gestion/accesos/", include("accounts.urls_access_requests")),
    path("gestion/usuarios/", include("portal.urls_handover")),
    path("gestion/licencias/", include("contracts.urls_licences")),
    path("ver-como/", include("accounts.urls_viewing")),
    path("tickets/", include("tickets.urls")),
    path("tickets/", include("tickets.urls_guests")),
    path("", include("tickets.urls_thread")),
    path("solicitudes/", include("tickets.urls_requests")),
    path("gestion/solicitudes/", include("tickets.urls_approvals")),
    path("novedades/", include("portal.urls_news")),
    path("descargas/", include("downloads.urls")),
    path("formacion/", include("training.urls")),
    path("ayuda/", include("knowledge.urls")),
    path("webinars/", include("webinars.urls")),
    path("avisos/", include("announcements.urls")),
    path("estado/", include("announcements.urls_status")),
    path("normas/", include("announcements.urls_rules")),
    path("", include("announcements.urls_information")),
    path("idioma/", choose_language, name="language"),
    path("admin/", admin.site.urls),
    path("salud/", health.live, name="health_live"),
    path("salud/listo/", health.ready, name="health_ready"),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler429 = "portal.errors.too_many"  # asked by allauth
handler500 = "portal.errors.server_error"
