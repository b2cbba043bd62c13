"""Which campaigns a grant can be limited to. The room of campaigns lies above and says which there are."""

from collections.abc import Callable

_source: list[Callable[[object], dict[int, str]]] = []


def campaigns_come_from(names_for: Callable[[object], dict[int, str]]) -> None:
    """`names_for(user)`: number → name of the campaigns where this user may grant roles."""
    _source[:] = [names_for]


def campaign_names(user) -> dict[int, str]:
    """Number → name of the campaigns where this user may grant roles."""
    return _source[0](user) if _source else {}
