from typing import Any

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import areas
from accounts.models import AccessRequest, ManagerReplacement


@require_safe
def index(request):
    """What each person manages: everybody their own account, the managers also the company's people."""
    user = request.user
    context: dict[str, Any] = {"parts": areas.managed_by(user), "account": areas.ACCOUNT}
    if user.is_company_manager:
        context["nobody_gets_licences"] = not user.company.people.receiving_licence_files().exists()
        context["waiting"] = AccessRequest.objects.visible_to(request.user).waiting().count()
        under_way = ManagerReplacement.objects.visible_to(request.user).select_related("person").open()
        context["replacement"] = under_way.first()
    return render(request, "accounts/management.html", context)
