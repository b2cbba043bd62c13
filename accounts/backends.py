"""Who may sign in with a password of ours."""

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone


class AccountBackend(ModelBackend):
    """Accounts that are active and whose initial password hasn't run out.

    The password is checked first, whatever the account's state: the answer and its time are those of a wrong password.
    """

    def user_can_authenticate(self, user) -> bool:
        return user.is_active and not user.initial_password_expired(timezone.now())
