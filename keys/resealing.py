"""Which rooms hold sealed texts, so that all of them can be written again in another suite."""

from collections.abc import Callable

HOLDERS: dict[str, Callable[[], int]] = {}


def reseals(label: str) -> Callable:
    """Marks a function that writes every sealed text of a room again and says how many there were."""

    def keep(reseal: Callable[[], int]) -> Callable[[], int]:
        HOLDERS[label] = reseal
        return reseal

    return keep
