from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.permissions import within_the_installation
from text.words import normalised


class PortalBackend(AuthenticationBackend):
    """Log-in by login name or e-mail, for whoever may log in. Every try costs one password hash, whatever it meets."""

    def _authenticate(self, request, **credentials):
        typed = normalised(credentials.get("username") or credentials.get("email") or "")
        return self._check_password(User.objects.named(typed), credentials["password"])

    def user_can_authenticate(self, user) -> bool:
        return user.may_log_in()

    def get_user(self, user_id):
        """The person of a session, with the company; None ends the session of whoever lost the right to log in."""
        user = User.objects.select_related("company").filter(pk=user_id).first()
        return within_the_installation(user) if user is not None and user.may_log_in() else None

    @classmethod
    def _stash_user(cls, user):
        """Forget a person whose password is right but who may not log in: the answer is that of a wrong password."""
        return
