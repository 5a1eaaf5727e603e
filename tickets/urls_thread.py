"""Pages that several flags open: what exists for the person is decided by `visible_to` alone."""

from django.urls import path, register_converter

from text.tokens import TokenConverter
from tickets import views

register_converter(TokenConverter, "token")

app_name = "thread"
urlpatterns = [
    path("tickets/<int:number>/", views.ticket_detail, name="ticket"),
    path("tickets/<int:number>/archivos/", views.draft_files, name="ticket_files"),
    path("tickets/<int:number>/resuelto/", views.ticket_close, name="close"),
    path("tickets/<int:number>/reabrir/", views.ticket_reopen, name="reopen"),
    path("tickets/<int:number>/copia/", views.follower_add, name="follower_add"),
    path("tickets/<int:number>/copia/<token:follower>/quitar/", views.follower_remove, name="follower_remove"),
    path("adjuntos/<token:token>/", views.attachment, name="attachment"),
    path("adjuntos/<token:token>/quitar/", views.draft_file_remove, name="draft_file_remove"),
    path("borradores/vista-previa/", views.preview, name="preview"),
    path("borradores/<token:key>/vaciar/", views.draft_discard, name="draft_discard"),
]
