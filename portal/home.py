"""The home page: a greeting, the four counters, unread answers, and what each area has to say."""

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tickets import panels


@require_safe
def home(request):
    if request.user.is_staff:
        return redirect("admin:index")
    own = request.GET.get("ver") == "mios" or not request.user.can_see_company_tickets
    now = timezone.localtime()
    context = {"hour": now.hour, "own": own}
    if request.user.can_use_tickets:
        context["tiles"] = panels.tiles(request.user, own=own, at=now)
        context["unread"] = panels.unread(request.user, at=now)
    return render(request, "portal/home.html", context)
