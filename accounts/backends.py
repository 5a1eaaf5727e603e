from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.permissions import within_the_installation
from tables.prepared import Prepared
from text.words import normalised

# Every page asks for its person, who with the company has some sixty columns.
BY_ID = Prepared(lambda pk: User.objects.select_related("company").filter(pk=pk), pk=User._meta.pk)


class PortalBackend(AuthenticationBackend):
    """Log-in by login name or e-mail, for whoever may log in. Every try costs one password hash, whatever it meets."""

    def _authenticate(self, request, **credentials):
        typed = normalised(credentials.get("username") or credentials.get("email") or "")
        return self._check_password(User.objects.named(typed), credentials["password"])

    def user_can_authenticate(self, user) -> bool:
        return user.may_log_in()

    def get_user(self, user_id):
        """The person of a session, with the company; None ends the session of whoever lost the right to log in."""
        for user in BY_ID.rows(pk=user_id):
            if user.may_log_in():
                return within_the_installation(user)
        return None

    @classmethod
    def _stash_user(cls, user):
        """Forget a person whose password is right but who may not log in: the answer is that of a wrong password."""
        return
