"""How the service is: for visitors too, or for whoever is logged in, as the setting says."""

from django.urls import path

from announcements import views

app_name = "status"
urlpatterns = [
    path("", views.status, name="status"),
    path("<str:public_id>/", views.incident, name="incident"),
]
