from typing import Any

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import areas
from accounts.models import AccessRequest, ManagerReplacement
from accounts.viewing import OPEN_TO_VIEWERS


@require_safe
def index(request):
    """What each person manages: everybody their own account, the managers also the company's people."""
    user = request.user
    parts = [part for part in areas.managed_by(user) if not user.is_viewed or part.url_name in OPEN_TO_VIEWERS]
    context: dict[str, Any] = {"parts": parts, "account": areas.ACCOUNT}
    if user.is_company_manager:
        context["nobody_gets_licences"] = not user.company.people.receiving_licence_files().exists()
        context["waiting"] = AccessRequest.objects.visible_to(request.user).waiting().count()
        under_way = ManagerReplacement.objects.visible_to(request.user).select_related("person").open()
        context["replacement"] = under_way.first()
    return render(request, "accounts/management.html", context)
