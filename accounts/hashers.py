"""How passwords are kept. Parameters are OWASP's smallest for Argon2id; Django's own take six times as long on our servers."""

import hashlib

from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher


class Argon2idPasswordHasher(Argon2PasswordHasher):
    """Argon2id with 46 MiB, one pass, one lane."""

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1


def _sm3():
    return hashlib.new("sm3")


class PBKDF2SM3PasswordHasher(PBKDF2PasswordHasher):
    """PBKDF2 with SM3 (GB/T 32905) for offices that use domestic algorithms only."""

    algorithm = "pbkdf2_sm3"
    iterations = 300_000
    digest = staticmethod(_sm3)
