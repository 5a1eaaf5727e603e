"""What other packages bring to the desk and nobody there needs."""

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.unregister(Group)  # accounts/roles.py keeps the groups
admin.site.unregister(EmailAddress)
