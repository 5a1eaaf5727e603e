"""Pages of Formación: behind its flag."""

from django.urls import path

from training import views

app_name = "training"
urlpatterns = [
    path("", views.calendar, name="calendar"),
    path("reservar/<token:slot>/", views.book, name="book"),
    path("reservas/", views.bookings, name="bookings"),
    path("reservas/<token:public_id>/", views.booking, name="booking"),
    path("reservas/<token:public_id>/calendario.ics", views.ics, name="ics"),
    path("reservas/<token:public_id>/cambiar/", views.change, name="change"),
    path("reservas/<token:public_id>/cambiar/<token:slot>/", views.move, name="move"),
    path("reservas/<token:public_id>/enlace/", views.link, name="link"),
    path("reservas/<token:public_id>/anular/", views.cancel, name="cancel"),
    path("bolsa/", views.hours, name="hours"),
    path("bolsa/movimientos/", views.hours_export, name="hours_export"),
    path("plan/", views.plan, name="plan"),
    path("plan/<token:public_id>/guion/", views.outline, name="outline"),
    path("preparacion/", views.preparation, name="preparation"),
    path("grabaciones/", views.recordings, name="recordings"),
    path("grabaciones/<token:public_id>/", views.recording, name="recording"),
    path("grabaciones/<token:public_id>/archivo/", views.recording_file, name="recording_file"),
]
