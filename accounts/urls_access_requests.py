from django.urls import path

from accounts.views import access_requests

app_name = "access_requests"
urlpatterns = [
    path("", access_requests.index, name="list"),
    path("<slug:public_id>/", access_requests.detail, name="detail"),
    path("<slug:public_id>/rechazar/", access_requests.reject, name="reject"),
]
