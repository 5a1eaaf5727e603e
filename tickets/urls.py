"""Pages of the tickets area: behind its flag."""

from django.urls import path

from tickets import views

app_name = "tickets"
urlpatterns = [
    path("", views.ticket_list, name="list"),
    path("nuevo/", views.ticket_new, name="new"),
    path("nuevo/archivos/", views.draft_files, name="new_files"),
    path("leidos/", views.mark_all_read, name="mark_all_read"),
]
