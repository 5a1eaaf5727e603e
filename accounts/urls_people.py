"""Gestión › Usuarios: the contacts of one's company, for its managers."""

from django.urls import path

from accounts.views import people, people_tables

app_name = "people"
urlpatterns = [
    path("", people.people_list, name="list"),
    path("nuevo/", people.person_new, name="new"),
    path("importar/", people_tables.people_import, name="import"),
    path("importar/aplicar/", people_tables.people_import_apply, name="import_apply"),
    path("importar/plantilla/", people_tables.people_template, name="template"),
    path("exportar/", people_tables.people_export, name="export"),
    path("<slug:public_id>/", people.person_edit, name="edit"),
    path("<slug:public_id>/reactivar/", people.person_reactivate, name="reactivate"),
]
