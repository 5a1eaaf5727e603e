from django.urls import path

from accounts.views import logbook

app_name = "logbook"
urlpatterns = [
    path("", logbook.entries, name="list"),
    path("exportar/", logbook.export, name="export"),
]
