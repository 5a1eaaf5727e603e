from django.urls import path

from bench.floor import views

urlpatterns = [
    path("salud/", views.health),
    path("session/", views.session_page, name="session"),
    path("list/", views.lean_list, name="list"),
    path("ticket/<int:number>/", views.lean_ticket, name="ticket"),
]
