from django.urls import path

from accounts.views import company

app_name = "company"
urlpatterns = [
    path("", company.card, name="card"),
    path("proponer/", company.propose, name="propose"),
    path("propuesta/retirar/", company.withdraw, name="withdraw"),
]
