"""What every page leads to: how the vendor is reached, and what the law wants to be said."""

from django.urls import path

from announcements import views

app_name = "information"
urlpatterns = [
    path("contacto/", views.contact, name="contact"),
    path("aviso-legal/", views.information, {"key": "legal"}, name="legal"),
    path("privacidad/", views.information, {"key": "privacy"}, name="privacy"),
    path("accesibilidad/", views.information, {"key": "accessibility"}, name="accessibility"),
]
