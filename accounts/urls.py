from django.urls import path

from accounts import views

app_name = "account"
urlpatterns = [
    path("perfil/", views.profile, name="profile"),
    path("contrasena/", views.password, name="password"),
    path("invitacion/<str:token>/", views.invitation, name="invitation"),
]
