"""The e-mails that this app sends. Each function decides who hears of it, and nothing else."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from accounts.emails import recipient
from mail.outbox import Lane, Recipient, queue

if TYPE_CHECKING:
    from accounts.models import User
    from contracts.models import HourBag, LicenceFile


def licence_file_sent(file: "LicenceFile", people: "Sequence[User]") -> None:
    """The file itself, to those who receive licence files, with access to the portal or without."""
    context = {"file": file, "company": file.company, "link": settings.PUBLIC_URL + reverse("licences:list")}
    queue("licence_file_sent", map(recipient, people), context=context, lane=Lane.BULK, files=[file.stored])


def licence_waiting(file: "LicenceFile", managers: "Sequence[User]", *, recipients: "Sequence[User]") -> None:
    """To the managers, without the file: nobody has taken it, or nobody is there to receive it."""
    link = settings.PUBLIC_URL + reverse("licences:list")
    context = {"file": file, "company": file.company, "recipients": recipients, "link": link}
    queue("licence_waiting", map(recipient, managers), context=context, lane=Lane.BULK)


def licences_need_staff(
    missing: "Sequence[LicenceFile]", infected: "Sequence[LicenceFile]", *, staff: "Iterable[User]"
) -> None:
    """To those of support who upload licence files; while there is nobody, to the portal's contact address."""
    link = settings.PUBLIC_URL + reverse("admin:contracts_licencefile_radar")
    contact = Recipient(address=settings.BRAND["email"], language=settings.LANGUAGE_CODE)
    people = [recipient(person) for person in staff] or [contact]
    queue("licences_need_staff", people, context={"missing": missing, "infected": infected, "link": link})


def hours_low(bag: "HourBag", people: "Sequence[User]") -> None:
    """Few hours of training are left: to those who look after the company's contracts."""
    context = {"bag": bag, "company": bag.company, "administration": settings.BRAND["administration_email"]}
    queue("hours_low", map(recipient, people), context=context, lane=Lane.BULK)
