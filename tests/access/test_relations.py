"""Every address × every member of the cast × whose thing it is: a child unit's, a sibling's, the parent's, another organ's, a colleague's.

What is one's own (unit A, 干部 cadre) stands in test_access; the other five in relations.txt, one row an address. `WRITE=1` writes that
file anew: read its difference line by line before it is committed. The rules below hold whatever stands in it.
"""

import os
from pathlib import Path

import pytest
from django.db import transaction

from tests.access.test_access import ANSWERS, TABLE, WHO, client_of, counts
from tests.access.world import addresses, named_urls
from tests.cast import NOW, account, enter, person

RELATIONS = ["child", "sibling", "parent", "elsewhere", "colleague"]
FILE = Path(__file__).with_name("relations.txt")
ADMINISTRATORS = ("administrator", "security", "auditor")
# Where an administrator works at all.
THEIRS = ("accounts:", "organizations:", "jobs:", "reports:home", "reports:help_", "reports:search", "reports:audit_", "reports:own_record", "operations:")


def owner_of(cast, relation: str):
    """Whose the world is."""
    from organizations.actions import grant_role, open_unit

    if relation == "child":
        return person("junior", "后来者", open_unit(code="Q010101", name="一组", parent=cast.unit_a, by=None, at=NOW))
    if relation == "sibling":
        return person("neighbour", "邻科人", open_unit(code="Q0102", name="信访科", parent=cast.bureau, by=None, at=NOW))
    if relation == "elsewhere":
        grant_role(account("faraway-leader", "远方领导"), role="leader", unit=cast.elsewhere, by=None, at=NOW)  # who could approve a request to read
        return person("faraway", "远方人", open_unit(code="L01", name="邻区一科", parent=cast.elsewhere, by=None, at=NOW))
    return {"parent": cast.chief, "colleague": cast.colleague}[relation]


@pytest.fixture(scope="module", params=RELATIONS)
def play(request, django_db_setup, django_db_blocker):
    """(relation, cast, address by URL name), rolled back afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        yield request.param, cast, addresses(cast, owner_of(cast, request.param))
        transaction.set_rollback(True)


def table() -> dict[str, dict[str, str]]:
    """Address name → relation → one sign a member."""
    rows = (line.split() for line in FILE.read_text().splitlines() if line and not line.startswith("#")) if FILE.exists() else ()
    return {name: dict(zip(RELATIONS, signs, strict=True)) for name, *signs in rows}


KNOWN = table()


def write(relation: str, found: dict[str, str]) -> None:
    now = table()
    for name in sorted(named_urls()):
        now.setdefault(name, dict.fromkeys(RELATIONS, "?" * len(WHO)))[relation] = found[name]
    width = max(map(len, now))
    head = [f"# {', '.join(RELATIONS)}; each: {', '.join(WHO)}"]
    FILE.write_text("\n".join([*head, *(" ".join([name.ljust(width), *(now[name][r] for r in RELATIONS)]) for name in sorted(now) if name in named_urls())]) + "\n")


def test_every_address_is_in_the_file():
    assert sorted(KNOWN) == sorted(named_urls())


def test_get(play, db):
    relation, cast, where = play
    signs = {status: sign for sign, status in ANSWERS.items()}
    clients = [client_of(cast, who) for who in WHO]
    found = {name: "".join(signs.get(client.get(address).status_code, "?") for client in clients) for name, address in where.items()}
    if os.environ.get("WRITE"):
        write(relation, found)
        pytest.skip("relations.txt was written")
    assert found == {name: KNOWN[name][relation] for name in found}


def test_post_by_who_may_not_changes_nothing(play, db):
    relation, cast, where = play
    before, wrong = counts(), {}
    for column, who in enumerate(WHO):
        client = client_of(cast, who)
        refused = [name for name in where if KNOWN[name][relation][column] in "x-"] if who != "visitor" else [name for name in where if name != "accounts:sign_in" and not name.startswith("operations:")]
        wrong |= {(who, name): status for name in refused if (status := client.post(where[name]).status_code) not in ({302, 401} if who == "visitor" else {403, 404, 405})}
    assert wrong == {}
    assert counts() == before


# --- rules that hold whatever the file says ---------------------------------------------------------------------------

OPEN = set("+P>")


def opened(who: str, relation: str) -> set[str]:
    column = WHO.index(who)
    return {name for name, row in KNOWN.items() if row[relation][column] in OPEN}


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("who", ADMINISTRATORS)
def test_an_administrator_never_leaves_their_rooms(who, relation):
    assert {name for name in opened(who, relation) if not name.startswith(THEIRS)} == set()


@pytest.mark.parametrize("relation", RELATIONS)
def test_nobody_but_owner_and_reviewer_opens_a_self_check(relation):
    bodies = ("selfcheck:selfcheck_detail", "selfcheck:selfcheck_edit", "selfcheck:review_detail")
    owner = {"parent": "chief", "colleague": "colleague"}.get(relation, "")
    assert {who for who in WHO[:-1] for name in bodies if name in opened(who, relation)} <= {owner, "reviewer"}


@pytest.mark.parametrize("relation", ["sibling", "parent", "elsewhere"])
def test_a_liaison_opens_nothing_of_units_outside_their_own_that_a_cadre_of_theirs_could_not(relation):
    """But for what belongs to the whole campaign or to no unit."""
    own = {name for name, row in TABLE.items() if row[WHO.index("liaison")] in OPEN and row[WHO.index("cadre")] not in OPEN}
    wider = {"selfcheck:round_detail", "selfcheck:round_answers", "ledger:saved_view_drop"}  # the campaign's round, with the liaison's own people in it; one's own view
    of_a_unit = {name for name in own if "pk" in named_urls()[name]} - wider
    assert of_a_unit & opened("liaison", relation) == set()


@pytest.mark.parametrize("relation", ["child", "sibling", "parent", "colleague"])
def test_another_organ_sees_nothing_of_this_one(relation):
    """Wherever an address names a row."""
    rows = {name for name in KNOWN if "pk" in named_urls()[name] and not name.startswith("accounts:")}
    assert {name for name in opened("outsider", relation) & rows if KNOWN[name][relation][WHO.index("outsider")] == "+"} == set()


def test_what_is_seen_of_a_child_unit_is_seen_of_ones_own():
    """A grant reaches down: nobody sees more of the unit below than of the unit itself."""
    for who in ("director", "office", "liaison", "supervisor", "coordination", "inspection"):
        column = WHO.index(who)
        own = {name for name, row in TABLE.items() if row[column] in OPEN}
        assert opened(who, "child") - own == set(), who
