"""What the managers of a company decide: behind their flag."""

from django.urls import path

from tickets.views import approvals

app_name = "approvals"
urlpatterns = [
    path("", approvals.waiting_list, name="list"),
    path("<token:public_id>/", approvals.detail, name="detail"),
    path("<token:public_id>/aprobar/", approvals.approve, name="approve"),
    path("<token:public_id>/rechazar/", approvals.refuse, name="refuse"),
]
