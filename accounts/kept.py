"""What somebody sent after the session had ended: it goes back to their browser, signed, and comes again after sign-in.

Nothing of it stays on the server. It belongs to one account; who else signs in doesn't get to see or send it.
"""

from dataclasses import dataclass

from django.core import signing

MOST = 1024 * 1024  # bytes of the signed text
SALT, WHOSE_SALT = "accounts.kept", "accounts.whose"
MAX_AGE = 7 * 24 * 3600  # seconds
NOT_KEPT = {"csrfmiddlewaretoken", "whose"}
WORTH_READING = 8  # characters: what is shorter is a choice or a number, not somebody's words


@dataclass(frozen=True)
class Kept:
    """The fields of one form, and where they were going."""

    user_pk: int
    path: str
    fields: list[tuple[str, list[str]]]
    files: list[str]  # names of files that were sent too: they can't be kept
    token: str  # "" when it was too much to be kept

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.fields for value in values]

    @property
    def texts(self) -> list[str]:
        """What somebody wrote, to be read or copied."""
        return [value for name, value in self.pairs if name != "once" and len(value) >= WORTH_READING]


def keep(request, user_pk: int) -> Kept | None:
    """The form a request brought; None when nothing was filled in."""
    fields = [(name, values) for name, values in request.POST.lists() if name not in NOT_KEPT]
    if not any(name != "once" for name, _values in fields):
        return None
    files = [upload.name for _name, uploads in request.FILES.lists() for upload in uploads]
    held = {"user": user_pk, "path": request.get_full_path(), "fields": fields, "files": files}
    token = signing.dumps(held, salt=SALT, compress=True)
    return Kept(user_pk, held["path"], fields, files, token if len(token) <= MOST else "")


def read(token: str) -> Kept | None:
    """The form in a token that we have signed and not too long ago."""
    try:
        held = signing.loads(token, salt=SALT, max_age=MAX_AGE) if token else None
    except signing.BadSignature:
        return None
    return held and Kept(held["user"], held["path"], [(name, values) for name, values in held["fields"]], held["files"], token)


# --- whose form it is: every form with a one-time token says it, so that it is known when no session tells ---


def whose_mark(user_pk: int) -> str:
    return signing.Signer(salt=WHOSE_SALT).sign(str(user_pk))


def whose(request) -> int | None:
    """For whom the page with this form was made."""
    try:
        return int(signing.Signer(salt=WHOSE_SALT).unsign(request.POST.get("whose", "")))
    except signing.BadSignature:
        return None
