from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from portal import health
from portal.home import home
from portal.language import choose_language

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="home"), name="root"),
    path("inicio/", home, name="home"),
    path("acceso/", include("accounts.urls_access")),
    path("cuenta/", include("accounts.urls")),
    path("tickets/", include("tickets.urls")),
    path("", include("tickets.urls_thread")),
    path("idioma/", choose_language, name="language"),
    path("admin/", admin.site.urls),
    path("salud/", health.live, name="health_live"),
    path("salud/listo/", health.ready, name="health_ready"),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
