"""Pages of the tickets area: behind its flag."""

from django.urls import path

from tickets.views import listing, thread, writing

app_name = "tickets"
urlpatterns = [
    path("", listing.ticket_list, name="list"),
    path("nuevo/", thread.ticket_new, name="new"),
    path("nuevo/archivos/", writing.draft_files, name="new_files"),
    path("nuevo/tema/", writing.topic_chosen, name="topic"),
    path("parecidos/", writing.similar_tickets, name="similar"),
    path("filtros/", listing.ticket_filters, name="filters"),
    path("exportar/", listing.ticket_export, name="export"),
    path("leidos/", listing.mark_all_read, name="mark_all_read"),
]
