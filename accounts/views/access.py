"""allauth's pages at the door, where this portal counts."""

from allauth.account import views

from accounts import limits


class PasswordReset(views.PasswordResetView):
    """Asks for a link. How often is counted for the address that was typed, whether it is anybody's or not."""

    def form_valid(self, form):
        try:
            limits.spend("reset_network", self.request)
            limits.spend("reset", self.request, what=form.cleaned_data["email"])
        except limits.Reached as reached:
            form.add_error("email", reached)
            return self.form_invalid(form)
        return super().form_valid(form)


class PasswordResetFromKey(views.PasswordResetFromKeyView):
    """The link of a forgotten password; the new one may be tried at once, also after too many failures."""

    def form_valid(self, form):
        answer = super().form_valid(form)
        self.reset_user.prove_email()
        limits.unlock(self.request, self.reset_user)
        return answer


password_reset = PasswordReset.as_view()
password_reset_from_key = limits.limited("reset_link", methods=("POST",))(PasswordResetFromKey.as_view())
