"""Which rooms keep something made from a person's sealed texts that must go with their key."""

from collections.abc import Callable

FOLLOWERS: list[Callable] = []


def goes_with_the_key(erase: Callable) -> Callable:
    """Marks a function that takes a destroyed DataKey and removes what was made from the texts it sealed."""
    FOLLOWERS.append(erase)
    return erase
