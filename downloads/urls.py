"""Pages of the downloads area: behind its flag, but for what is recommended to everybody."""

from django.urls import path

from downloads import views

app_name = "downloads"
urlpatterns = [
    path("", views.last, name="list"),
    path("anteriores/", views.previous, name="previous"),
    path("instalado/", views.installed, name="installed"),
    path("cambios/", views.changes, name="changes"),
    path("recomendadas/", views.recommended, name="recommended"),
    path("recomendadas/<token:token>/", views.recommended_file, name="recommended_file"),
    path("archivo/<token:token>/", views.file, name="file"),
    path("<str:version>/", views.release, name="release"),
    path("<str:version>/zip/<str:selection>/", views.bundle, name="bundle"),
]
