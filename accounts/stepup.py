"""Step-up: what is grave asks again who is there, unless they showed it within STEP_UP_MINUTES (A34).

The moment of the log-in counts too. A page that needs it wears `required`; a form that holds passwords, which must
not wait in a session, has a field for one's own password and asks `confirm`.
"""

import time
from functools import partial, wraps
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _


def is_fresh(request) -> bool:
    """Whether the person showed who they are within the last minutes, in this session."""
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for record in records)


def required(view=None, *, back: str = ""):
    """Leads to the question for the password first, and from there to the page again.

    `back` names the page that offers a download: a browser that is led to the file itself stays where it was.
    """
    if view is None:
        return partial(required, back=back)

    @wraps(view)
    def asked(request, *args, **kwargs):
        return view(request, *args, **kwargs) if is_fresh(request) else ask(request, back=back)

    return asked


def ask(request, *, back: str = ""):
    """Who is there? From the answer one comes back to this page, or to the one where its button is."""
    page = request.get_full_path()
    if request.method == "POST" or back:
        messages.warning(request, _("Nothing was done yet: confirm that it is you, then repeat it."))
        page = f"{reverse(back)}?{request.GET.urlencode()}".rstrip("?") if back else where_it_was_sent(request)
    methods = get_adapter().get_reauthentication_methods(request.user)
    return redirect(f"{methods[0]['url']}?{urlencode({'next': page})}")


def where_it_was_sent(request) -> str:
    """The page of ours that holds the form; without word of it, the form's own address."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return request.get_full_path()
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}".rstrip("?")


def confirm(request, password: str) -> bool:
    """Whether it is the person's own password; the session is fresh then. Tries are limited as at log-in."""
    if not get_adapter().reauthenticate(request.user, password):
        return False
    reauthenticate_by_password(request)
    return True
