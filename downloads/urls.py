"""Pages of the downloads area: behind its flag."""

from django.urls import path

from downloads import views

app_name = "downloads"
urlpatterns = [
    path("", views.last, name="list"),
    path("anteriores/", views.previous, name="previous"),
    path("instalado/", views.installed, name="installed"),
    path("cambios/", views.changes, name="changes"),
    path("archivo/<token:token>/", views.file, name="file"),
    path("<str:version>/", views.release, name="release"),
    path("<str:version>/zip/<str:selection>/", views.bundle, name="bundle"),
]
