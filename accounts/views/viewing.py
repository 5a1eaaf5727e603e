from django.contrib import messages
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST


@require_POST
def end(request):
    """Staff no longer see the portal as a person: back to that person's page on the desk."""
    if request.viewer is None:
        return redirect("home")
    request.look.end(request.session)
    with translation.override(request.viewer.language):
        name = request.look.person.get_full_name()
        messages.success(request, _("You no longer see the portal as %(name)s.") % {"name": name})
    return redirect("admin:accounts_user_change", request.look.person.pk)
