"""The second factor, what a person shows besides the password: codes of an app, passkeys, recovery codes.

allauth keeps and checks them. Adding and removing them is ours: guard, write, record and tell (decision 23).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import emails, encryption
from accounts.models import AuditEntry, User
from accounts.models.user import random_id

Kind = Authenticator.Type
# What proves somebody; recovery codes only stand in for these.
PROOFS = (Kind.TOTP, Kind.WEBAUTHN)
# Where a stored factor holds text that is encrypted.
ENCRYPTED = ("secret", "seed")
MOST_PASSKEYS = 10


class LastFactor(ValidationError):
    """Staff who must have a second factor keep one."""

    def __init__(self) -> None:
        super().__init__(
            _("The support team needs a second factor. Add another one first, then remove this one."),
            code="last_factor",
        )


class TooManyPasskeys(ValidationError):
    """A page shows all that a person has, and each log-in offers them all."""

    def __init__(self) -> None:
        super().__init__(
            _("You have %(count)s passkeys, which is as many as there can be. Remove one that you no longer use."),
            code="too_many_passkeys",
            params={"count": MOST_PASSKEYS},
        )


@dataclass
class Factors:
    """What a person has: the app, passkeys, and how many recovery codes are left."""

    app: Authenticator | None = None
    passkeys: list[Authenticator] = field(default_factory=list)
    codes_left: int | None = None

    @property
    def is_on(self) -> bool:
        return bool(self.app or self.passkeys)


def of(user: User) -> Factors:
    """In one query."""
    factors = Factors()
    for stored in Authenticator.objects.filter(user=user).order_by("pk"):
        if stored.type == Kind.TOTP:
            factors.app = stored
        elif stored.type == Kind.WEBAUTHN:
            factors.passkeys.append(stored)
        else:
            factors.codes_left = app_settings.RECOVERY_CODE_COUNT - stored.data["used_mask"].bit_count()
    return factors


def is_on(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=PROOFS).exists()


def must_have_one(user: User) -> bool:
    return user.is_staff and settings.STAFF_SECOND_FACTOR


def passkey(user: User, key: str) -> Authenticator | None:
    """One of the person's own passkeys by the name that its address gives it."""
    return next((stored for stored in of(user).passkeys if stored.data["key"] == key), None)


def codes_of(user: User) -> list[str]:
    """The recovery codes that are left, in the clear."""
    stored = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).first()
    return RecoveryCodes(stored).get_unused_codes() if stored else []


# --- verbs ---


@transaction.atomic
def add_app(user: User, *, secret: str, code: str) -> bool:
    """The app that showed `code` proves the person from now on. Says whether recovery codes were made with it."""
    lock(user)
    if Authenticator.objects.filter(user=user, type=Kind.TOTP).exists():
        return False
    step = step_of(secret, code)
    data = {"secret": encryption.encrypt(secret), "step": step}
    Authenticator.objects.create(user=user, type=Kind.TOTP, data=data)
    return added(user, Kind.TOTP)


@transaction.atomic
def add_passkey(user: User, *, name: str, credential: dict[str, Any]) -> bool:
    """What the browser has just registered. Says whether recovery codes were made with it. Raises TooManyPasskeys."""
    lock(user)
    if Authenticator.objects.filter(user=user, type=Kind.WEBAUTHN).count() >= MOST_PASSKEYS:
        raise TooManyPasskeys
    stored = WebAuthn.add(user, name, credential).instance
    stored.data["key"] = random_id()
    stored.save(update_fields=["data"])
    return added(user, Kind.WEBAUTHN)


@transaction.atomic
def rename_passkey(stored: Authenticator, name: str) -> None:
    stored.data["name"] = name
    stored.save(update_fields=["data"])


@transaction.atomic
def remove(stored: Authenticator) -> None:
    """One factor less; recovery codes go with the last one. Raises LastFactor."""
    user = stored.user
    lock(user)
    others = Authenticator.objects.filter(user=user, type__in=PROOFS).exclude(pk=stored.pk)
    is_last = not others.exists()
    if is_last and must_have_one(user):
        raise LastFactor
    if not Authenticator.objects.filter(pk=stored.pk).delete()[0]:
        return
    if is_last:
        Authenticator.objects.filter(user=user).delete()
    record(AuditEntry.Kind.SECOND_FACTOR_REMOVED, user, by=user, factor=[stored.type, None])
    emails.second_factor_removed(user, kind=stored.type)


@transaction.atomic
def remove_all(user: User, *, by: User | None, reason: str = "") -> bool:
    """For somebody who lost telephone, passkeys and recovery codes. Says whether there was anything."""
    lock(user)
    kinds = list(Authenticator.objects.filter(user=user, type__in=PROOFS).values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    if not kinds:
        return False
    record(AuditEntry.Kind.SECOND_FACTOR_REMOVED, user, by=by, factor=[", ".join(sorted(kinds)), None], reason=reason)
    user.end_sessions()
    emails.second_factor_removed(user, kind="")
    return True


@transaction.atomic
def make_codes(user: User) -> None:
    """Recovery codes anew; those of before are dead."""
    lock(user)
    Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    record(AuditEntry.Kind.RECOVERY_CODES_MADE, user, by=user)
    emails.recovery_codes_made(user)


@transaction.atomic
def use_up(stored: Authenticator, code: str) -> bool:
    """Take a code of the app that was right; False when it, or a later one, was taken before (RFC 6238, 5.2)."""
    app = Authenticator.objects.select_for_update().get(pk=stored.pk)
    step = step_of(encryption.decrypt(app.data["secret"]), code)
    if step <= app.data["step"]:
        return False
    app.data["step"] = step
    app.save(update_fields=["data"])
    return True


def renew_encryption() -> int:
    """Write what former keys encrypted under the present one, so that they may be dropped. Says how many there were."""
    renewed = 0
    for pk in list(Authenticator.objects.exclude(type=Kind.WEBAUTHN).values_list("pk", flat=True)):
        with transaction.atomic():
            stored = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if stored is not None and renew(stored, [name for name in ENCRYPTED if name in stored.data]):
                renewed += 1
    return renewed


# --- what the verbs are made of ---


def renew(stored: Authenticator, names: Iterable[str]) -> bool:
    old = {name: stored.data[name] for name in names if not encryption.is_current(stored.data[name])}
    for name, text in old.items():
        stored.data[name] = encryption.renew(text)
    if old:
        stored.save(update_fields=["data"])
    return bool(old)


def lock(user: User) -> None:
    """Changes of one person's factors wait for each other."""
    User.objects.select_for_update().get(pk=user.pk)


def added(user: User, kind: str) -> bool:
    record(AuditEntry.Kind.SECOND_FACTOR_ADDED, user, by=user, factor=[None, kind])
    emails.second_factor_added(user, kind=kind)
    if Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).exists():
        return False
    RecoveryCodes.activate(user)
    record(AuditEntry.Kind.RECOVERY_CODES_MADE, user, by=user)
    return True


def record(kind: str, user: User, *, by: User | None, factor: list | None = None, reason: str = "") -> None:
    changes = {"second_factor": factor} if factor else {}
    AuditEntry.write(kind, by=by, on=user, company=user.company, changes=changes, reason=reason)


def step_of(secret: str, code: str) -> int:
    """The number of the half minute to which a code belongs that has just been found right; 0 when it is over."""
    return next(
        (
            step
            for step in totp.yield_hotp_counters_from_time()
            if totp.compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step)))
        ),
        0,
    )
