"""Whose rows, how many, in which order, as far as which page."""

import datetime as dt

import pytest
from django.core.paginator import EmptyPage
from django.http import QueryDict
from django.utils import timezone

from ledger import forms, listing
from ledger.actions import bulk
from ledger.actions.refusals import why_not_verify
from ledger.forms import aspects_of
from ledger.listing import Ledger
from ledger.models import Problem
from ledger.moves import MOVES
from organizations import breadth, choosing
from organizations.actions import open_unit
from organizations.kept import build, topmost
from organizations.models import Cadre
from tests.cast import NOW, TODAY
from tests.ledger.plays import DAY, S, in_state, opened, reported

EVERYBODY = ["director", "office", "reviewer", "supervisor", "clues", "chief", "liaison", "cadre", "colleague", "stranger", "outsider", "administrator", "inspection"]


REAL = timezone.localdate()  # kept counts are those of the day on which they are read


def ledger(cast, user, query="", today=TODAY) -> Ledger:
    return Ledger(cast.campaign, user, QueryDict(query), today)


@pytest.fixture
def many(cast):
    """Every state, in both units, some named to people outside their scope."""
    for state in S.values:
        in_state(cast, state)
    opened(cast, due_on=TODAY - DAY, unit=cast.unit_b, person=cast.person(cast.chief), verifier=cast.office)
    in_state(cast, S.SUBMITTED, verifier=cast.reviewer)
    opened(cast, due_on=TODAY + 3 * DAY, unit=cast.elsewhere, verifier=cast.office, person=cast.person(cast.cadre))
    return cast


@pytest.mark.parametrize(("named", "few"), [(2000, 50), (0, 50), (0, 0)])
@pytest.mark.parametrize("who", EVERYBODY)
def test_the_list_holds_what_its_visitor_may_see_and_counts_it(many, monkeypatch, who, named, few):
    monkeypatch.setattr(breadth, "NAMED", named)
    monkeypatch.setattr(listing, "FEW", few)
    user, seen = getattr(many, who), ledger(many, getattr(many, who))
    may = Problem.objects.visible_to(user).filter(campaign=many.campaign)
    assert set(seen.rows) == set(may)
    assert seen.tally == may.tally(user, TODAY)
    assert {column["state"]: column["count"] for column in seen.columns(3)} == {state: sum(row.status == state for row in may) for state in listing.COLUMNS}
    for view in [*listing.VIEWS, *listing.MORE_VIEWS]:
        assert seen.in_view(view).count() == seen.count(view), view


def test_the_overdue_are_counted_once_and_stand_first_over_pages(cast):
    late = [opened(cast, title=f"迟{n}", due_on=TODAY - n * DAY) for n in (1, 5, 3)]
    others = [opened(cast, title=f"{n}") for n in range(4)]
    seen = ledger(cast, cast.office)
    order = [late[1], late[2], late[0], *reversed(others)]
    assert [row for number in (1, 2, 3, 4) for row in seen.page(number, 2)] == order
    assert list(seen.page("nonsense", 2)) == order[:2] and list(seen.page(99, 2)) == order[-1:]


@pytest.mark.parametrize("query, expected", [
    ("status=open", {"办", "长"}), ("level=team", {"长"}), ("track=long_term", {"长"}), ("person=知夏", {"新", "办"}), ("person=没有", set()),
    ("leader=克勤", {"办"}), (f"due_from={TODAY + 5 * DAY}", {"新", "办"}), (f"due_to={TODAY + 5 * DAY}", {"长"}), (f"due_from={TODAY}&due_to={TODAY + 5 * DAY}", set()),
    ("status=nonsense", {"新", "办", "长"}), ("due_from=昨天", {"新", "办", "长"}), ("aspect=integrity_lapse", {"新"}),
])
def test_every_filter_narrows(cast, query, expected):
    reported(cast, title="新", aspect_key="integrity_lapse", aspect_label="清廉失守")
    opened(cast, title="办", lead_official=cast.person(cast.chief))
    opened(cast, title="长", track="long_term", level="team", due_on=TODAY - DAY, person=cast.person(cast.colleague))
    assert {row.title for row in ledger(cast, cast.office, query).rows} == expected


def test_aspects_that_occur_are_found_by_leaping(cast):
    for label, key in [("官僚", "own"), ("清廉失守", "integrity_lapse"), ("官僚", "own"), ("懒政", ""), ("", "")]:
        reported(cast, aspect_key=key, aspect_label=label)
    assert {key: label for key, label in aspects_of(cast.campaign).items() if key in ("own", "懒政", "", "integrity_lapse")} == {"own": "官僚", "懒政": "懒政", "integrity_lapse": "清廉失守"}


def recount(rows, user, today) -> dict[str, int]:
    """The tally, row by row."""
    owed = [row for row in rows if row.status in (S.OPEN, S.SUBMITTED, S.VERIFIED, S.DEFERRED)]
    return {state: sum(row.status == state for row in rows) for state in S.values} | {
        "all": len(rows), "not_closed": len(owed), "counted": len(owed) + sum(row.status == S.CLOSED for row in rows),
        "overdue": sum(row.is_overdue(today) for row in rows), "mine": sum(row.is_owned_by(user) for row in rows),
        "soon": sum(row.is_timed and today <= row.due_on <= today + 7 * DAY for row in rows),
        "awaiting": sum(row.status == S.SUBMITTED and row in Problem.objects.awaiting(user) for row in rows),
    }


@pytest.mark.parametrize("who", ["office", "liaison", "cadre", "reviewer"])
@pytest.mark.parametrize("query", ["", "track=dated", "source=talk"])
def test_counts_equal_a_recount(many, who, query):
    user = getattr(many, who)
    seen = ledger(many, user, query)
    assert seen.tally == recount(list(seen.rows), user, TODAY)


def test_rows_are_counted_so_far_and_no_further(cast, monkeypatch):
    for _n in range(5):
        opened(cast)
    monkeypatch.setattr(listing, "DEEP", 3)
    for query in ("", "track=dated", f"unit={cast.bureau.pk}"):
        deep = ledger(cast, cast.office, query)
        assert (deep.tally, deep.is_exact, deep.count(), deep.count("open"), deep.count("closed")) == ({"all": 4}, False, 4, 4, 0)
        page = deep.page(9, 2)
        assert (page.paginator.num_pages, page.number, len(page), page.paginator.is_cut, page.paginator.words) == (2, 2, 2, True, "10,000 以上")
        with pytest.raises(EmptyPage):
            page.paginator.page(3)


@pytest.fixture
def kept_counts(db):
    """Counts were built; what is kept is then read."""
    build(at=timezone.now())


def test_a_deep_ledger_that_is_kept_says_how_many_there_are(kept_counts, cast, monkeypatch):
    for n in range(5):
        opened(cast, due_on=REAL + (n - 1) * DAY)
    opened(cast, unit=cast.unit_b, person=cast.person(cast.stranger))
    for who, query, exact in [(cast.office, "", True), (cast.office, f"unit={cast.bureau.pk}", True), (cast.liaison, "", True), (cast.office, "track=dated", False), (cast.chief, "", False)]:
        shallow = ledger(cast, who, query, REAL).tally
        with monkeypatch.context() as patch:
            patch.setattr(listing, "DEEP", 3)
            deep = ledger(cast, who, query, REAL)
            if shallow["all"] > 3:
                assert (deep.is_deep, deep.is_exact) == (True, exact), (who, query)
                assert deep.tally == (shallow if exact else {"all": 4})
    monkeypatch.setattr(listing, "DEEP", 3)
    deep = ledger(cast, cast.office, "", REAL)
    page = deep.page(1, 2)
    assert (page.paginator.words, page.paginator.num_pages, page.paginator.is_cut, deep.count("open")) == ("6", 2, True, 6)
    assert [column["words"] for column in deep.columns(2)] == ["0", "6", "0", "0", "0"] and deep.columns(2)[1]["rest"] == "4"


@pytest.mark.parametrize("deep", [1, 4])
def test_what_waits_for_a_verifier_is_as_many_whether_counted_or_kept(kept_counts, cast, monkeypatch, deep):
    """Nobody is named, the visitor is, another is; what the visitor submitted or wrote last is not theirs to verify."""
    waiting = [in_state(cast, S.SUBMITTED, verifier=verifier) for verifier in (None, None, cast.office, cast.reviewer, cast.chief)]
    for problem, field in ((waiting[0], "submitted_by"), (waiting[1], "edited_by")):
        Problem.objects.filter(pk=problem.pk).update(**{field: cast.office, field.replace("_by", "_at"): NOW})
    in_state(cast, S.SUBMITTED)
    monkeypatch.setattr(listing, "DEEP", deep)
    for who, awaited in ((cast.office, 2), (cast.reviewer, 4), (cast.director, 0)):
        seen = ledger(cast, who, "", REAL)
        assert (seen.is_deep, seen.is_exact, seen.tally["submitted"]) == (True, True, 6)
        assert seen.tally["awaiting"] == min(awaited, deep + 1) == min(seen.in_view("awaiting").count(), deep + 1), who
        assert ledger(cast, who, f"unit={cast.bureau.pk}", REAL).tally["awaiting"] == min(awaited, deep + 1)


def test_of_a_deep_ledger_with_ones_own_elsewhere_not_all_is_known(kept_counts, cast, monkeypatch):
    for _n in range(4):
        opened(cast)
    opened(cast, unit=cast.unit_b, person=cast.person(cast.stranger), verifier=cast.liaison)
    monkeypatch.setattr(listing, "DEEP", 3)
    assert ledger(cast, cast.liaison, "", REAL).tally == {"all": 4} and ledger(cast, cast.liaison, f"unit={cast.unit_a.pk}", REAL).is_exact


def test_the_page_of_a_deep_ledger_that_is_kept_has_its_rate(kept_counts, cast, signed_in, monkeypatch):
    for _n in range(3):
        opened(cast, title="谈话记录")
    monkeypatch.setattr(listing, "DEEP", 2)
    page = signed_in(cast.office).get("/ledger/problems/").content.decode()
    assert "不逐件计数" not in page and "销号率" in page and "共 3 件" in " ".join(page.split())


@pytest.mark.parametrize("paths", [["a", "ab", "b"], ["b", "a", "a", "abc"]])
def test_subtrees_are_read_once(paths):
    assert topmost(paths) == ["a", "b"]


@pytest.mark.parametrize("query", ["", "track=dated", "q=办"])
def test_a_deep_board_is_the_same_as_a_shallow_one(many, monkeypatch, query):
    for n in range(4):
        opened(many, title=f"办{n}", due_on=TODAY - n * DAY)
    shallow = ledger(many, many.office, query).columns(3)
    monkeypatch.setattr(listing, "DEEP", 8)
    deep = ledger(many, many.office, query)
    assert deep.is_deep and deep.columns(3) == shallow


def test_of_a_deep_ledger_a_text_finds_the_newest_and_a_code_finds_all(cast, monkeypatch):
    made = [opened(cast, title=f"谈话记录{n}") for n in range(5)]
    monkeypatch.setattr(listing, "DEEP", 3)
    seen = ledger(cast, cast.office, "q=谈话记录")
    assert (list(seen.rows.newest_first()), seen.is_searched_in_part, seen.tally["all"]) == (made[:1:-1], True, 3)
    for code in (made[0].code, str(made[0].number)):
        assert made[0] in ledger(cast, cast.office, f"q={code}").rows
    few = ledger(cast, cast.office, f"q=谈话记录&person={cast.person(cast.stranger).name}")
    assert (few.is_searched_in_part, list(few.rows)) == (False, [])


def test_pages_say_what_was_not_counted_and_not_searched(cast, signed_in, monkeypatch):
    for _n in range(3):
        opened(cast, title="谈话记录")
    monkeypatch.setattr(listing, "DEEP", 2)
    client = signed_in(cast.office)
    assert "台账超过 10,000 件，这里不逐件计数" in client.get("/ledger/problems/").content.decode()
    assert "符合条件的超过 10,000 件，不逐件计数" in client.get("/ledger/problems/?track=dated").content.decode()
    for address in ("/ledger/problems/?q=谈话", "/ledger/problems/board/?q=谈话"):
        assert "只在最近的 10,000 件里找了这些字" in client.get(address).content.decode()


def test_a_unit_is_counted_with_what_lies_below(cast):
    opened(cast)
    opened(cast, unit=cast.unit_b, person=cast.person(cast.stranger))
    seen = ledger(cast, cast.office, f"unit={cast.bureau.pk}")
    assert (seen.is_exact, seen.tally["all"], seen.tally["open"]) == (True, 1, 1)


@pytest.mark.parametrize("count", [1, 30])
def test_list_and_board_ask_as_often_for_any_number_of_rows(cast, signed_in, django_assert_max_num_queries, count):
    for n in range(count):
        opened(cast, title=f"{n}", due_on=dt.date(2020, 1, 1))
    client = signed_in(cast.office)
    for address in ("/ledger/problems/", "/ledger/problems/board/", "/ledger/problems/?track=dated", f"/ledger/problems/board/?unit={cast.unit_a.pk}"):
        with django_assert_max_num_queries(14):
            assert client.get(address).status_code == 200


def test_problem_board_shows_the_first_of_each_state_and_how_many_more(cast, signed_in):
    for n in range(10):
        opened(cast, title=f"办{n}", due_on=TODAY + 400 * DAY)
    opened(cast, title="迟", due_on=dt.date(2020, 1, 1))
    in_state(cast, S.CLOSED, title="销")
    in_state(cast, S.DISMISSED, title="不")
    html = signed_in(cast.office).get("/ledger/problems/board/?track=dated").content.decode()
    piles = {pile.split('"')[0]: pile for pile in html.split('id="pile-')[1:]}
    assert list(piles) == ["reported", "open", "submitted", "verified", "closed"]
    assert piles["open"].index("迟") < piles["open"].index("办9") and "办2<" not in piles["open"]
    assert "还有 3 件" in piles["open"] and 'href="/ledger/problems/?track=dated&amp;view=open"' in piles["open"]
    assert "销" in piles["closed"] and "没有" in piles["reported"] and ">不<" not in html


@pytest.mark.parametrize("field", ["person", "leader"])
def test_a_part_of_a_name_that_fits_too_many_filters_nothing_and_says_so(cast, signed_in, monkeypatch, field):
    """Each one's problems are read; what all share would read the ledger."""
    opened(cast)
    monkeypatch.setattr(forms, "NAMESAKES", 1)
    Cadre.objects.filter(pk=cast.person(cast.colleague).pk).update(name="林望舒")
    html = signed_in(cast.office).get(f"/ledger/problems/?{field}=林").content.decode()
    assert "姓名里有“林”的超过 1 人，没有按它筛选；请写全姓名，或再多写几个字。" in html
    assert ledger(cast, cast.office, f"{field}=林").rows.count() == 1
    assert ledger(cast, cast.office, f"{field}=林望").rows.count() == 0
    Cadre.objects.filter(pk=cast.person(cast.colleague).pk).update(name="林知夏二")
    whole = ledger(cast, cast.office, f"{field}=林知夏")  # two hold it, one is called so
    assert (whole.form.is_valid(), whole.form.people[field]) == (True, [cast.person(cast.cadre).pk])


@pytest.mark.parametrize("who", EVERYBODY)
def test_what_awaits_a_verifier_is_the_same_by_number_and_by_person(many, who):
    """Nobody's own, handed in or last edited by them; said by the cadre's number, so that one index tells it all."""
    user = getattr(many, who)
    found = set(Problem.objects.awaiting(user))
    assert not {row for row in found if row.is_owned_by(user) or user.pk in (row.submitted_by_id, row.edited_by_id)}
    assert found == {row for row in Problem.objects.filter(status=S.SUBMITTED).select_related(*bulk.ROW) if MOVES["problem_verify"].is_for(user, row) and not why_not_verify(row, user) and row.verifier_id in (None, user.pk)}


def test_of_many_units_the_upper_ones_are_offered_and_what_lies_round_the_chosen(cast, monkeypatch):
    deep = open_unit(code="Q010101", name="第一组", parent=cast.unit_a, by=None, at=NOW)
    opened(cast, unit=deep, person=cast.person(cast.cadre))
    whole = ledger(cast, cast.office, f"unit={deep.pk}")
    assert list(whole.form.units) == [cast.organ.pk, cast.bureau.pk, cast.unit_a.pk, deep.pk, cast.unit_b.pk]
    monkeypatch.setattr(choosing, "SHORT", 3)
    offered = {query: list(ledger(cast, cast.office, query).form.units) for query in ("", f"unit={cast.unit_a.pk}", f"unit={deep.pk}", "unit=x", f"unit={cast.elsewhere.pk}")}
    upper = [cast.organ.pk, cast.bureau.pk, cast.unit_b.pk]
    assert offered[""] == offered["unit=x"] == offered[f"unit={cast.elsewhere.pk}"] == upper
    assert offered[f"unit={cast.unit_a.pk}"] == offered[f"unit={deep.pk}"] == list(whole.form.units)
    found = ledger(cast, cast.office, f"unit={deep.pk}")
    assert [row.responsible_unit for row in found.page(1, 10)] == [deep] == [row.responsible_unit for row in whole.page(1, 10)]
    assert [row.responsible_unit for row in ledger(cast, cast.office, "").page(1, 10)] == [deep]  # named, though not offered
