"""Pages of announcements: open to visitors, each of whom sees what is there for them."""

from django.urls import path

from announcements import views
from announcements.feed import feed

app_name = "announcements"
urlpatterns = [
    path("", views.announcements, name="list"),
    path("atom.xml", feed, name="feed"),
    path("<slug:slug>/", views.announcement, name="announcement"),
    path("<slug:slug>/leido/", views.mark_read, name="read"),
]
