"""The e-mails that this app sends. Each function decides who hears of it, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from mail.outbox import Recipient, queue

if TYPE_CHECKING:
    from accounts.models import AccessRequest, ErasureRequest, ManagerReplacement, User


def recipient(user) -> Recipient:
    """Where and how mail reaches a person."""
    return Recipient(
        address=user.email,
        name=user.get_full_name(),
        language=user.language,
        person_id=user.pk,
        company_id=user.company_id,
    )


def general_recipient(user) -> Recipient:
    """The same for general mail, which says at its foot, and in its head, how to get no more of it."""
    return replace(recipient(user), unsubscribe=unsubscribe_link(user))


def invited(user) -> None:
    """A person got an account and chooses the first password by a link."""
    queue("invited", [recipient(user)], context=invitation(user), is_secret=True)


def invitation(user) -> dict:
    """What a mail says that holds the link to choose a first password."""
    link = settings.PUBLIC_URL + reverse("account:invitation", args=[user.invitation_token()])
    return {"user": user, "company": user.company, "link": link, "days": settings.INVITATION_DAYS}


def password_reset(user, link: str) -> None:
    """Somebody asked for a new password for this address."""
    queue("password_reset", [recipient(user)], context={"user": user, "link": link}, is_secret=True)


def access_ended(leaving: "Sequence[User]", *, staying: "User | None", managers: "Sequence[User]") -> None:
    """To each person whose last day has passed; to the managers in one mail, also of the one who has to stay."""
    for person in leaving:
        queue("access_ended", [recipient(person)], context={"user": person, "managers": managers})
    link = settings.PUBLIC_URL + reverse("permissions:matrix")
    context = {"leaving": leaving, "staying": staying, "link": link}
    queue("access_ended_for_managers", map(recipient, managers), context=context)


def company_change_proposed(proposal) -> None:
    """To support: a company asks for other data."""
    link = settings.PUBLIC_URL + reverse("admin:accounts_companyproposal_change", args=[proposal.pk])
    support = Recipient(address=settings.BRAND["email"], language=settings.LANGUAGE_CODE)
    queue("company_change_proposed", [support], context={"proposal": proposal, "link": link})


def company_change_decided(proposal) -> None:
    """To whoever asked for it, while they are there."""
    if proposal.by.is_active:
        context = {"proposal": proposal, "link": settings.PUBLIC_URL + reverse("company:card")}
        queue("company_change_decided", [recipient(proposal.by)], context=context)


# --- registration ---


def request_verify(asked: "AccessRequest", token: str) -> None:
    """Somebody asked for access with this address: a link shows that it is theirs.

    Nothing that was typed stands in it, else anybody could have us write anything to anybody.
    """
    link = settings.PUBLIC_URL + reverse("account_register_verify", args=[token])
    to = Recipient(address=asked.email, language=asked.language)
    queue("request_verify", [to], context={"email": asked.email, "link": link}, is_secret=True)


def already_registered(user: "User") -> None:
    """Somebody asked for access with the address of a person who has it."""
    log_in, reset = (settings.PUBLIC_URL + reverse(name) for name in ("account_login", "account_reset_password"))
    queue("already_registered", [recipient(user)], context={"user": user, "link": log_in, "reset": reset})


def access_requested(asked: "AccessRequest") -> None:
    """To the managers of the company, who decide."""
    link = settings.PUBLIC_URL + asked.get_absolute_url()
    managers = [recipient(person) for person in asked.company.people.managers()]
    queue("access_requested", managers, context={"asked": asked, "company": asked.company, "link": link})


def access_requested_for_support(asked: "AccessRequest", staff: "Iterable[User]") -> None:
    """To those of support who may say which company it is; while there is nobody, to the portal's contact address."""
    link = settings.PUBLIC_URL + reverse("admin:accounts_accessrequest_change", args=[asked.pk])
    contact = Recipient(address=settings.BRAND["email"], language=settings.LANGUAGE_CODE)
    people = [recipient(person) for person in staff] or [contact]
    queue("access_requested_for_support", people, context={"asked": asked, "link": link})


def access_approved(user: "User") -> None:
    """Welcome: the person asked for access, got it, and chooses the first password by a link."""
    queue("access_approved", [recipient(user)], context=invitation(user), is_secret=True)


def access_rejected(asked: "AccessRequest") -> None:
    """To the person who asked, with the words of whoever decided."""
    to = Recipient(address=asked.email, name=asked.get_full_name(), language=asked.language)
    queue("access_rejected", [to], context={"asked": asked})


def email_change_asked(user, address: str) -> None:
    """Somebody who knows the password asked for another address: word of it to the present one."""
    link = settings.PUBLIC_URL + reverse("account:password")
    queue("email_change_asked", [recipient(user)], context={"user": user, "address": address, "link": link})


def email_to_confirm(user, address: str) -> None:
    """The new address gets the link that makes it the person's."""
    link = settings.PUBLIC_URL + reverse("account:email_confirm", args=[user.email_token(address)])
    context = {"user": user, "link": link, "hours": settings.EMAIL_CHANGE_HOURS}
    queue("email_to_confirm", [replace(recipient(user), address=address)], context=context, is_secret=True)


def email_changed(user, before: str) -> None:
    """The address is another one now: word of it to the one before."""
    queue("email_changed", [replace(recipient(user), address=before)], context={"user": user})


def password_given(user, *, by) -> None:
    """A manager put another password in place of this person's."""
    queue("password_given", [recipient(user)], context={"user": user, "by": by})


def second_factor_added(user, *, kind: str) -> None:
    """A second factor proves this person from now on."""
    queue("second_factor_added", [recipient(user)], context=about_factors(user, kind))


def second_factor_removed(user, *, kind: str) -> None:
    """A second factor no longer proves this person; without `kind`, none does."""
    queue("second_factor_removed", [recipient(user)], context=about_factors(user, kind))


def recovery_codes_made(user) -> None:
    """Recovery codes were made, and those of before are dead."""
    queue("recovery_codes_made", [recipient(user)], context=about_factors(user, "recovery_codes"))


def about_factors(user, kind: str) -> dict:
    return {"user": user, "kind": kind, "link": settings.PUBLIC_URL + reverse("account:second_factor")}


def unsubscribe_link(user) -> str:
    """For the foot of general mail: a page that works without log-in."""
    return settings.PUBLIC_URL + reverse("account:unsubscribe", args=[user.unsubscribe_token()])


# --- a manager in place of a lost one ---


def replacement_asked(replacement: "ManagerReplacement", staff: "Iterable[User]") -> None:
    """To those of support who may confirm it."""
    link = settings.PUBLIC_URL + reverse("admin:accounts_company_replacement", args=[replacement.company_id])
    queue("replacement_asked", map(recipient, staff), context={"replacement": replacement, "link": link})


def replacement_confirmed(replacement: "ManagerReplacement", people: "Iterable[User]") -> None:
    """To every contact of the company: what will happen, when, and how to object."""
    link = settings.PUBLIC_URL + reverse("management:index")
    queue("replacement_confirmed", map(recipient, people), context={"replacement": replacement, "link": link})


def replacement_cancelled(replacement: "ManagerReplacement", people: "Iterable[User]", *, by: "User | None") -> None:
    """To whoever had been told of it, and to those of support who had asked and confirmed."""
    queue("replacement_cancelled", map(recipient, people), context={"replacement": replacement, "by": by})


def erasure_requested(request: "ErasureRequest", *, by: "User") -> None:
    """Somebody wants to be erased: to the company's managers, who deactivate them first, and to support, who decide."""
    person, company = request.person, request.company
    context = {"person": person, "company": company}
    if company is not None:
        managers = company.people.managers().exclude(pk__in=(person.pk, by.pk))
        queue("erasure_requested", map(recipient, managers), context=context)
    support = Recipient(settings.BRAND["email"], settings.BRAND["name"], company_id=person.company_id)
    link = settings.PUBLIC_URL + reverse("admin:accounts_erasurerequest_change", args=[request.pk])
    queue("erasure_requested_for_support", [support], context=context | {"link": link})


def erasure_refused(request: "ErasureRequest") -> None:
    """To the person, with the reason."""
    queue("erasure_refused", [recipient(request.person)], context={"reason": request.reason})


def person_erased(person: "User") -> None:
    """To the company's managers: who is called what from now on is for them to know, not for the mail to say."""
    if person.company is not None:
        managers = person.company.people.managers()
        queue("person_erased", map(recipient, managers), context={"pseudonym": person.get_full_name()})
