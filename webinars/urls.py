"""Pages of the webinars area: behind its flag."""

from django.urls import path

from webinars import views

app_name = "webinars"
urlpatterns = [
    path("", views.webinars, name="list"),
    path("<slug:slug>/", views.webinar, name="webinar"),
    path("<slug:slug>/inscribirse/", views.register, name="register"),
    path("<slug:slug>/anular/", views.unregister, name="unregister"),
    path("<slug:slug>/calendario.ics", views.calendar_entry, name="calendar"),
    path("<slug:slug>/video/", views.video, name="video"),
    path("<slug:slug>/cartel/", views.poster, name="poster"),
    path("<slug:slug>/material/<token:token>/", views.material, name="material"),
    path("<slug:slug>/visto/", views.mark_seen, name="mark_seen"),
    path("<slug:slug>/no-visto/", views.mark_unseen, name="mark_unseen"),
]
