from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.gates import is_public
from accounts.middleware import BEFORE_THE_NEW_PASSWORD
from accounts.sessions import SEEN
from announcements.models import RulesOfUse

# In the session: the noted activity at which the person was last asked.
ASKED = "rules_asked"
# What a person who has yet to accept the rules may reach.
BEFORE_THE_RULES = BEFORE_THE_NEW_PASSWORD | {"rules:accept"}


class RulesOfUseMiddleware:
    """Before the first use after log-in, people accept the rules in force; public views pass.

    It is looked up as seldom as activity is noted, so that pages cost nothing for it. A new version never takes what
    somebody is just sending: it is asked for at the next page that they read.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        user, session = request.user, request.session
        if not user.is_authenticated or user.is_staff or user.is_viewed or session.get(SEEN) == session.get(ASKED):
            return None
        if is_public(view_func) or request.resolver_match.view_name in BEFORE_THE_RULES:
            return None
        if request.method == "POST" and ASKED in session:
            return None
        if RulesOfUse.objects.to_accept(user, at=timezone.now()):
            wanted = {"next": request.get_full_path()} if request.method == "GET" else None
            return redirect(reverse("rules:accept", query=wanted))
        session[ASKED] = session[SEEN]
        return None
