"""提示: each kind seen and not seen, set aside and back, for whom; and that no word is kept."""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from keys.actions import destroy_key
from keys.models import DataKey
from organizations.actions import open_unit
from selfcheck.actions import (
    AnswerDraft,
    ItemDraft,
    accept_report,
    assign_reviewer,
    purge_reports,
    return_report,
    set_hint_aside,
    submit,
)
from selfcheck.hints import hints_for, with_reports
from selfcheck.marks import are_alike, marks_of, normal
from selfcheck.models import HintSetAside, Round, TextMark
from tests.cast import person

PROBLEM, CAUSE, MEASURE = "以电话代替上门走访群众，见面少。", "图省事，没有把群众放在心上。", "每月上门走访不少于四户，当月登记。"


@pytest.fixture
def room(cast):
    """Six people of one office, before the round is opened."""
    unit = open_unit(code="X1", name="走访室", parent=cast.organ, by=None, at=timezone.now())
    return [person(f"X{n}", f"人{n}", unit) for n in range(6)]


@pytest.fixture
def write(stage):
    """`write(user, manifestation=…)` hands in a report with one item under improper_conduct, its words the user's own unless given."""

    def hand_in(user, at=None, key: str = "improper_conduct", **words):
        own = {name: f"{text}{user.name}所写" for name, text in (("manifestation", PROBLEM), ("cause", CAUSE), ("measure", MEASURE))}
        answers = stage.answers() | {stage.q[key]: AnswerDraft(True, [ItemDraft(**(own | words), track="immediate")])}
        return submit(stage.report(user), answers=answers, statement="", pledged=True, by=user, at=at or timezone.now())

    return hand_in


def seen_by(user, stage) -> list:
    return with_reports(hints_for(user, stage.round))


def seen(user, stage) -> list[str]:
    return [hint.sentence for hint in seen_by(user, stage)]


def accept(*reports) -> None:
    for report in reports:
        accept_report(report, by=report.reviewer, at=timezone.now())


# --- 都答否 ------------------------------------------------------------------------------------------------------------


def test_a_unit_that_says_no_to_everything(cast, room, stage):
    reports = [stage.hand_in(user) for user in room[:3]]
    assert seen(cast.reviewer, stage) == ["走访室的 3 份报告对各个方面都答“否”。"]
    assert seen(cast.office, stage) == []  # what nobody accepted yet is not theirs to know
    accept(*reports)
    assert seen(cast.office, stage) == ["走访室的 3 份报告对各个方面都答“否”。"]
    stage.hand_in(room[3], "abuse_of_power")
    assert seen(cast.reviewer, stage) == []


def test_two_reports_are_too_few(cast, room, stage):
    for user in room[:2]:
        stage.hand_in(user)
    assert seen(cast.reviewer, stage) == []


# --- 文字相同 -----------------------------------------------------------------------------------------------------------


def test_the_same_words_of_two_people(cast, room, stage, write):
    first = write(room[0], measure=MEASURE)
    second = write(room[1], measure=" 每月上门走访，不少于四户；当月登记")  # spaces and punctuation aside
    write(room[2])
    (hint,) = seen_by(cast.reviewer, stage)
    assert (hint.sentence, list(hint.reports)) == ("2 份报告的整改措施有 1 处文字相同。", [first, second])
    assert seen(cast.office, stage) == []
    accept(first)
    assert seen(cast.office, stage) == []
    accept(second)
    assert seen(cast.office, stage) == [hint.sentence]


def test_what_the_same_people_share_is_one_hint_over_questions(cast, room, stage, write):
    write(room[0], cause=CAUSE, measure=MEASURE)
    write(room[1], key="abuse_of_power", cause=CAUSE, measure=MEASURE)
    assert seen(cast.reviewer, stage) == ["2 份报告的原因分析、整改措施有 2 处文字相同。"]


def test_set_phrases_and_ones_own_words_are_not_compared(cast, room, stage, write):
    write(room[0], cause="学习不够。", measure=MEASURE, manifestation=PROBLEM)
    write(room[1], cause="学习不够。")
    assert seen(cast.reviewer, stage) == []


def test_each_round_has_marks_of_its_own(cast, room, stage, write):
    write(room[0])
    key = DataKey.objects.get(holder=f"round:{stage.round.pk}")
    other = DataKey(holder="round:0", wrapped=key.wrapped, kek=key.kek)
    mark = TextMark.objects.filter(field="cause").get()
    assert mark.mark == key.mark(normal(f"{CAUSE}{room[0].name}所写"))
    assert len(mark.mark) == 64
    with pytest.raises(Exception, match="changed or moved"):
        other.mark("文")


@pytest.mark.parametrize("suite", ["gm", "intl"])
def test_marks_are_keyed_in_both_suites(cast, room, write, settings, suite):
    import hashlib

    settings.CRYPTO_SUITE = suite
    write(room[0])
    words = normal(f"{CAUSE}{room[0].name}所写").encode()
    assert TextMark.objects.get(field="cause").mark not in (hashlib.sha256(words).hexdigest(), hashlib.new("sm3", words).hexdigest())


# --- 措施与表现相同 ------------------------------------------------------------------------------------------------------


def test_a_measure_that_says_the_problem_again(cast, room, stage, write):
    report = write(room[0], measure="以电话代替上门走访群众，见面少", manifestation=PROBLEM)
    write(room[1])
    assert seen(cast.reviewer, stage) == ["人0的报告有 1 处整改措施与具体表现写得几乎一样。"]
    assert seen(cast.office, stage) == []
    accept(report)
    assert seen(cast.office, stage) == ["人0的报告有 1 处整改措施与具体表现写得几乎一样。"]


@pytest.mark.parametrize(("one", "other", "alike"), [
    ("abcdefghij", "abcdefghij", True), ("abcdefghij", "a b,c。defghij", True), ("abcdefghij", "abcdefghiX", True), ("abcdefghij", "abcdefghXX", False),
    ("abcdefghij", "jihgfedcba", False), ("ＡＢＣ１", "abc1", True), ("。", "。", False), ("", "", False),
])  # fmt: skip
def test_alike_is_nine_in_ten(one, other, alike):
    assert are_alike(one, other) is alike


# --- 集中提交 ----------------------------------------------------------------------------------------------------------


def midnight(stage) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(stage.due + dt.timedelta(days=1), dt.time()))


def test_a_rush_in_the_last_hour(cast, room, stage, write):
    for n, user in enumerate(room):
        write(user, at=midnight(stage) - dt.timedelta(minutes=60 - n))
    words = "走访室 6 份报告中有 6 份在时限前最后一小时提交。"
    assert seen(cast.reviewer, stage) == seen(cast.office, stage) == [words]  # when is no secret
    write_again = return_report(stage.report(room[0]), comment="补", due_on=stage.due, by=cast.reviewer, at=timezone.now())
    assert write_again.status == "returned"
    assert seen(cast.office, stage) == ["走访室 5 份报告中有 5 份在时限前最后一小时提交。"]


@pytest.mark.parametrize("minutes", [61, 0, -1])
def test_an_hour_before_or_after_is_no_rush(cast, room, stage, write, minutes):
    for user in room:
        write(user, at=midnight(stage) - dt.timedelta(minutes=minutes))
    assert seen(cast.office, stage) == []


def test_four_are_too_few_for_a_rush(cast, room, stage, write):
    for user in room[:4]:
        write(user, at=midnight(stage) - dt.timedelta(minutes=5))
    assert seen(cast.office, stage) == []


# --- marks come and go ------------------------------------------------------------------------------------------------------


def test_marks_are_written_anew_and_go_with_the_key(cast, room, stage, write):
    report, other = write(room[0]), write(room[1])
    assert TextMark.objects.filter(selfcheck=report).count() == 3
    return_report(report, comment="补", due_on=stage.due, by=cast.reviewer, at=timezone.now())
    stage.hand_in(room[0])
    assert TextMark.objects.filter(selfcheck=report).count() == 0
    destroy_key(f"cadre:{other.cadre.staff_no}", reason="保存期满", by=None, at=timezone.now())
    assert TextMark.objects.count() == 0


def test_what_is_purged_leaves_no_mark_and_says_nothing(cast, room, stage, write):
    """Without answers it would look like 否 throughout."""
    reports = [write(user, measure=MEASURE) for user in room[:3]]
    assert len(seen(cast.reviewer, stage)) == 1
    purge_reports([report.pk for report in reports], at=timezone.now())
    assert seen(cast.reviewer, stage) == []
    assert TextMark.objects.count() == 0


def test_without_the_rounds_key_reports_are_handed_in_all_the_same(cast, room, stage, write):
    write(room[0], measure=MEASURE)
    destroy_key(f"round:{stage.round.pk}", reason="保存期满", by=None, at=timezone.now())
    assert write(room[1], measure=MEASURE).status == "submitted"
    assert seen(cast.reviewer, stage) == []


def test_no_word_is_kept_beside_the_sealed_body(cast, room, stage, write):
    write(room[0])
    kept = str(list(TextMark.objects.values())) + str(list(Event.objects.values("detail"))) + str(list(HintSetAside.objects.values()))
    assert not any(text[n : n + 4] in kept for text in (PROBLEM, CAUSE, MEASURE) for n in range(len(text) - 4))
    assert set(marks_of({"manifestation": "短", "cause": "短", "measure": "长"}, DataKey.objects.get(holder=f"round:{stage.round.pk}"))["cause"]) == {"mark"}


def test_an_item_has_one_mark_a_field(cast, room, write):
    write(room[0])
    mark = TextMark.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        TextMark.objects.create(selfcheck=mark.selfcheck, question_key=mark.question_key, order=mark.order, field=mark.field)


# --- setting aside -----------------------------------------------------------------------------------------------------


@pytest.fixture
def hint(cast, room, stage):
    for user in room[:3]:
        stage.hand_in(user)
    return seen_by(cast.reviewer, stage)[0]


def test_set_aside_with_a_reason_and_back_when_its_reports_change(cast, room, stage, hint):
    aside = set_hint_aside(hint, rows=hint.rows, reason=" 刚成立，已谈话核实 ", by=cast.reviewer, at=timezone.now())
    assert (aside.reason, aside.kind, aside.set_aside_by) == ("刚成立，已谈话核实", "all_no", cast.reviewer)
    assert Event.objects.filter(action="selfcheck.set_hint_aside", actor_id=cast.reviewer.pk).count() == 1
    assert [one.aside for one in seen_by(cast.reviewer, stage)] == [aside]
    accept(*(stage.report(user) for user in room[:3]))
    assert [one.aside for one in seen_by(cast.office, stage)] == [aside]  # the same reports, the same hint
    stage.hand_in(room[3])
    assert [(one.sentence, one.aside) for one in seen_by(cast.reviewer, stage)] == [("走访室的 4 份报告对各个方面都答“否”。", None)]


def test_handed_in_again_it_comes_back(cast, room, stage, hint):
    set_hint_aside(hint, rows=hint.rows, reason="已核实", by=cast.reviewer, at=timezone.now())
    return_report(stage.report(room[0]), comment="补", due_on=stage.due, by=cast.reviewer, at=timezone.now())
    stage.hand_in(room[0])
    assert [one.aside for one in seen_by(cast.reviewer, stage)] == [None]


@pytest.mark.parametrize(("facts", "words"), [({"reason": " "}, "请写明搁置的原因"), ({"rows": "others"}, "刚才有变化")])
def test_refused(cast, hint, facts, words):
    with pytest.raises(ValidationError, match=words):
        set_hint_aside(hint, **({"rows": hint.rows, "reason": "已核实"} | facts), by=cast.reviewer, at=timezone.now())
    assert not HintSetAside.objects.exists()


def test_not_twice(cast, hint):
    set_hint_aside(hint, rows=hint.rows, reason="已核实", by=cast.reviewer, at=timezone.now())
    with pytest.raises(ValidationError, match="已经搁置"):
        set_hint_aside(hint, rows=hint.rows, reason="已核实", by=cast.reviewer, at=timezone.now())
    assert HintSetAside.objects.count() == 1


# --- pages -------------------------------------------------------------------------------------------------------------


def address(stage, more: str = "") -> str:
    return f"/selfcheck/rounds/{stage.round.pk}/hints/{more}"


def test_the_page_sets_aside_and_greys(cast, room, stage, hint, client):
    client.force_login(cast.reviewer)
    page = client.get(address(stage)).content.decode()
    assert hint.sentence in page
    assert f'href="/selfcheck/reviews/{stage.report(room[0]).pk}/"' in page
    assert f'href="{address(stage)}"' in client.get("/selfcheck/reviews/").content.decode()
    form = address(stage, f"?hint={hint.key}")
    assert f'value="{hint.rows}"' in client.get(form).content.decode()
    assert client.post(form, {"rows": hint.rows, "reason": " "}).status_code == 200
    assert not HintSetAside.objects.exists()
    page = client.post(form, {"rows": hint.rows, "reason": "已谈话核实"}, follow=True).content.decode()
    assert 'class="muted"' in page
    assert "搁置：已谈话核实" in page
    assert "已经搁置" in client.get(form, follow=True).content.decode()


def test_who_was_overtaken_is_told_and_may_try_again(cast, room, stage, hint, client):
    client.force_login(cast.reviewer)
    form = address(stage, f"?hint={hint.key}")
    stage.hand_in(room[3])
    page = client.post(form, {"rows": hint.rows, "reason": "已谈话核实"}).content.decode()
    now = seen_by(cast.reviewer, stage)[0]
    assert "刚才有变化" in page
    assert "已谈话核实" in page
    assert f'value="{now.rows}"' in page
    assert "已搁置" in client.post(form, {"rows": now.rows, "reason": "已谈话核实"}, follow=True).content.decode()


def test_a_hint_that_is_gone_sets_nothing_aside(cast, stage, client):
    client.force_login(cast.reviewer)
    assert "已经没有了" in client.post(address(stage, "?hint=all_no-1"), {"rows": "x", "reason": "y"}, follow=True).content.decode()
    assert not HintSetAside.objects.exists()


def test_names_only_for_those_who_review_or_run_it(cast, room, stage, hint, client):
    client.force_login(cast.office)
    page = client.get(address(stage)).content.decode()
    assert hint.sentence not in page
    assert "人0" not in page
    assert client.get(address(stage, f"?hint={hint.key}")).status_code == 302
    accept(*(stage.report(user) for user in room[:3]))
    page = client.get(address(stage)).content.decode()
    assert "人0" in page
    assert "/selfcheck/reviews/" not in page
    for user, status in ((cast.director, 403), (cast.liaison, 403), (cast.cadre, 403), (cast.outsider, 404)):
        client.force_login(user)
        assert client.get(address(stage)).status_code == status


def test_a_report_given_to_another_reviewer_is_theirs_no_more(cast, room, stage, hint):
    from organizations.actions import grant_role
    from organizations.roles import Role

    grant_role(cast.chief, role=Role.REVIEWER, unit=cast.organ, by=None, at=timezone.now())
    assign_reviewer(stage.report(room[0]), reviewer=cast.chief, by=cast.office, at=timezone.now())
    assert seen(cast.reviewer, stage) == seen(cast.chief, stage) == []


def test_a_fixed_number_of_queries(cast, room, stage, write):
    def asked(user) -> int:
        connection.finish()  # counts are kept as a deed commits
        with CaptureQueriesContext(connection) as queries:
            hints_for(user, stage.round)
        return len(queries)

    accept(write(room[0]))
    few = [asked(user) for user in (cast.reviewer, cast.office) for _visit in "12"][1::2]  # the first fills what is read once
    for user in room[1:]:
        write(user, cause=CAUSE, measure=PROBLEM, manifestation=PROBLEM, at=midnight(stage) - dt.timedelta(minutes=2))
    assert len(hints_for(cast.reviewer, stage.round)) == 7  # the words, five measures, the rush
    assert [asked(user) for user in (cast.reviewer, cast.office)] == few == [4, 8]


# --- too many reports to look through at once --------------------------------------------------------------------------


@pytest.fixture
def wide(cast, room, stage, write, monkeypatch):
    """Accepted: three of 走访室 with nothing, one there and one of unit A with the same words; more than are looked through at once."""
    accept(*(stage.hand_in(user) for user in room[:3]), write(room[3], measure=MEASURE), write(cast.cadre, measure=MEASURE))
    connection.finish()
    monkeypatch.setattr("selfcheck.hints.MOST", 4)
    return room[0].cadre.unit


def test_of_too_many_one_chooses_a_unit(cast, room, stage, wide, client):
    client.force_login(cast.office)
    page = client.get(address(stage)).content.decode()
    assert "报告较多，请选一个单位核对" in page and "文字只在所选单位内比较" in page
    assert re.findall(r'href="(\?unit=[^"]+)">([^<]+)</a>.*?(\d+)</td>', page) == [(f"?unit={cast.bureau.pk}", "纪检监察室", "1"), (f"?unit={wide.pk}", "走访室", "4")]
    assert "文字相同" not in page
    assert "没有提示" not in page
    below = client.get(address(stage, f"?unit={wide.pk}")).content.decode()
    assert "走访室" in below
    assert "没有提示" in below  # four reports, one of them with something
    assert "请选一个单位" not in below
    alone = client.get(address(stage, f"?unit={cast.organ.pk}&alone=1")).content.decode()
    assert "区机关（本级）" in alone


def test_where_they_are_few_enough_all_are_compared(cast, room, stage, wide, monkeypatch):
    assert seen(cast.office, stage) == []
    monkeypatch.setattr("selfcheck.hints.MOST", 5)
    assert seen(cast.office, stage) == ["2 份报告的整改措施有 1 处文字相同。"]


def test_a_reviewer_looks_through_what_is_theirs_however_many(cast, room, stage, wide):
    assert seen(cast.reviewer, stage) == ["2 份报告的整改措施有 1 处文字相同。"]


def test_set_aside_below_leads_back_there(cast, room, stage, wide, client, monkeypatch):
    monkeypatch.setattr("selfcheck.hints.FEWEST_LATE", 1)
    client.force_login(cast.office)
    monkeypatch.setattr("selfcheck.hints.LAST", dt.timedelta(days=1))
    Round.objects.update(due_on=timezone.localdate())
    here = address(stage, f"?unit={wide.pk}")
    form = re.search(r'href="(\?unit=\d+&amp;hint=rush-\d+)"', client.get(here).content.decode())[1].replace("&amp;", "&")
    page = client.get(address(stage, form)).content.decode()
    assert f'href="{here}"' in page
    rows = re.search(r'name="rows" value="([^"]+)"', page)[1]
    assert client.post(address(stage, form), {"rows": rows, "reason": "已核实"})["Location"] == here


def test_a_unit_of_others_is_not_looked_into(cast, room, stage, wide, client):
    client.force_login(cast.office)
    page = client.get(address(stage, f"?unit={cast.elsewhere.pk}")).content.decode()
    assert "邻区" not in page
    assert "请选一个单位核对" in page


def test_only_the_page_of_hints_looks_for_them(cast, room, stage, hint, client):
    """At a nation's reports it is too dear to look on every page that leads there: the link stands without a condition."""
    for user, path in ((cast.reviewer, "/selfcheck/reviews/"), (cast.office, f"/selfcheck/rounds/{stage.round.pk}/")):
        client.force_login(user)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(path).content.decode()
        assert f'href="{address(stage)}"' in page
        assert not [one["sql"] for one in queries if "selfcheck_textmark" in one["sql"] or "selfcheck_hintsetaside" in one["sql"]]


def test_no_way_to_the_hints_before_a_report_is_handed_in(cast, stage, client):
    for user, path in ((cast.reviewer, "/selfcheck/reviews/"), (cast.office, f"/selfcheck/rounds/{stage.round.pk}/")):
        client.force_login(user)
        assert address(stage) not in client.get(path).content.decode()


def test_hints_are_turned_over_by_pages(cast, room, stage, write, client, monkeypatch):
    monkeypatch.setattr("selfcheck.views.hints.PER_PAGE", 2)
    for user in room[:3]:
        write(user, measure=PROBLEM, manifestation=PROBLEM)
    client.force_login(cast.reviewer)
    first, second = (client.get(address(stage, f"?page={n}")).content.decode() for n in (1, 2))
    assert ["文字相同" in first, "人0的报告" in first, "人1的报告" in first] == [True, True, False]
    assert ["人1的报告" in second, "人2的报告" in second, "2 / 2" in second] == [True, True, True]
