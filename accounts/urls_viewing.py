"""Staff who see the portal as a person are that person for every page but this one."""

from django.urls import path

from accounts.views import viewing

urlpatterns = [
    path("terminar/", viewing.end, name="view_end"),
]
