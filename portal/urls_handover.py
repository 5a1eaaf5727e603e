"""What a manager does with one person and needs several apps for: see the portal as they do, and let them go."""

from django.urls import path

from portal import handover

app_name = "handover"
urlpatterns = [
    path("sustitucion/<token:public_id>/anular/", handover.cancel_replacement, name="cancel_replacement"),
    path("<token:public_id>/ver-como/", handover.preview, name="preview"),
    path("<token:public_id>/baja/", handover.leave, name="leave"),
    path("<token:public_id>/baja/deshacer/", handover.come_back, name="come_back"),
]
