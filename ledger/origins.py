"""Where a problem and its evidence come from. The rooms above say what raised it; see their `origins.py`. The ledger doesn't know them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import F

from files.models import StoredFile

from .models import Problem


@dataclass(frozen=True)
class Origin:
    """What raised a problem: its name without its content, and its address for who may open it."""

    label: str
    url: str = ""


Teller = Callable[[list[Problem], object], Iterable[tuple[int, Origin]]]  # problems and the visitor → (problem pk, origin)
TELLERS: list[Teller] = []


def tells_origins(teller: Teller) -> Teller:
    """A room above tells what there raises problems; one statement for any number of them."""
    TELLERS.append(teller)
    return teller


def origins_of(problems: list[Problem], user) -> dict[int, list[Origin]]:
    """Problem pk → what raised it, each thing once."""
    found: dict[int, dict[Origin, None]] = {problem.pk: {} for problem in problems}
    for teller in TELLERS:
        for pk, origin in teller(problems, user):
            found[pk][origin] = None
    return {pk: list(origins) for pk, origins in found.items()}


def evidence_of(problem: Problem, user) -> list[StoredFile]:
    """The problem's files; `also_in` of each: the other problems that the same content serves, as far as the user may see them."""
    files = list(problem.evidence.all())
    serving = _serving({stored.sha256 for stored in files}, problem, user) if files else {}
    for stored in files:
        stored.also_in = serving.get(stored.sha256, [])
    return files


def _serving(hashes: set[str], problem: Problem, user) -> dict[str, list[Problem]]:
    others = Problem.objects.visible_to(user).exclude(pk=problem.pk).filter(evidence__sha256__in=hashes)
    found: dict[str, list[Problem]] = {}
    for other in others.annotate(shared_sha256=F("evidence__sha256")).order_by("year", "number").distinct():
        found.setdefault(other.shared_sha256, []).append(other)
    return found
