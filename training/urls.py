"""Pages of Formación: behind its flag."""

from django.urls import path

from training import views

app_name = "training"
urlpatterns = [
    path("", views.calendar, name="calendar"),
    path("reservar/<str:slot>/", views.book, name="book"),
    path("reservas/", views.bookings, name="bookings"),
    path("reservas/<str:public_id>/", views.booking, name="booking"),
    path("reservas/<str:public_id>/calendario.ics", views.ics, name="ics"),
    path("reservas/<str:public_id>/cambiar/", views.change, name="change"),
    path("reservas/<str:public_id>/cambiar/<str:slot>/", views.move, name="move"),
    path("reservas/<str:public_id>/enlace/", views.link, name="link"),
    path("reservas/<str:public_id>/anular/", views.cancel, name="cancel"),
    path("bolsa/", views.hours, name="hours"),
    path("bolsa/movimientos/", views.hours_export, name="hours_export"),
    path("plan/", views.plan, name="plan"),
    path("plan/<str:public_id>/guion/", views.outline, name="outline"),
    path("preparacion/", views.preparation, name="preparation"),
    path("grabaciones/", views.recordings, name="recordings"),
    path("grabaciones/<str:public_id>/", views.recording, name="recording"),
    path("grabaciones/<str:public_id>/archivo/", views.recording_file, name="recording_file"),
]
