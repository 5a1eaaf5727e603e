"""Pages that several flags open: what exists for the person is decided by `visible_to` alone."""

from django.urls import path

from tickets.views import conversation, thread, writing

app_name = "thread"
urlpatterns = [
    path("tickets/<int:number>/", conversation.ticket_detail, name="ticket"),
    path("tickets/<int:number>/cambios/<int:since>/", conversation.ticket_changes, name="changes"),
    path("tickets/<int:number>/archivos/", writing.draft_files, name="ticket_files"),
    path("tickets/<int:number>/imprimir/", conversation.ticket_print, name="print"),
    path("tickets/<int:number>/resuelto/", thread.ticket_close, name="close"),
    path("tickets/<int:number>/reabrir/", thread.ticket_reopen, name="reopen"),
    path("tickets/<int:number>/seguir/", thread.ticket_follow, name="follow"),
    path("tickets/<int:number>/copia/", thread.follower_add, name="follower_add"),
    path("tickets/<int:number>/copia/<token:follower>/quitar/", thread.follower_remove, name="follower_remove"),
    path("adjuntos/<token:token>/", thread.attachment, name="attachment"),
    path("adjuntos/<token:token>/estado/", thread.attachment_state, name="attachment_state"),
    path("adjuntos/<token:token>/quitar/", writing.draft_file_remove, name="draft_file_remove"),
    path("borradores/guardar/", writing.draft_keep, name="draft_keep"),
    path("borradores/vista-previa/", writing.preview, name="preview"),
    path("borradores/<token:key>/vaciar/", writing.draft_discard, name="draft_discard"),
]
