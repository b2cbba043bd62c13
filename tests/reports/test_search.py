"""全局搜索: what is found by which words, and who finds nothing."""

import datetime as dt
import importlib
import io
import re

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.actions import change_document, change_meeting, file_document, issue_slip, record_meeting
from campaigns.models import Document, Meeting, Slip
from learning.actions import hold_activity, hold_session
from learning.models import EducationActivity, StudySession
from ledger.actions import report_problem
from ledger.models import Problem
from organizations.actions import change_cadre, change_unit, enter_cadre, open_unit
from organizations.models import Cadre, Unit
from organizations.pinyin import InitialsField, letters_of, typed_letters
from organizations.sheets import RosterResource, read_sheet
from reports.actions import compose_briefing, edit_briefing
from reports.models import Briefing
from tests.cast import NOW, TODAY
from tests.organizations.sheetmaker import row, xlsx

WORD = "蓝鲸"  # nobody else's word: lj
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def world(cast):
    """One of each kind with the same word in its title, in the first organ; its id by name."""
    deed = {"by": cast.office, "at": NOW}
    camp = cast.campaign
    person = enter_cadre(staff_no="A77", name="蓝鲸飞", unit=cast.unit_a, **deed)
    return {
        "cadre": person,
        "unit": open_unit(code="Q77", name="蓝鲸保护室", parent=cast.organ, **deed),
        "problem": report_problem(camp, title="对蓝鲸观察不细", source="other", manifestation="表现", responsible_unit=cast.unit_a, track="immediate", **deed),
        "meeting": record_meeting(camp, kind="other", organ="工委", title="蓝鲸动员部署会", held_on=TODAY, **deed),
        "document": file_document(camp, kind="notice", title="关于蓝鲸的通知", number="云办〔2026〕7号", **deed),
        "slip": issue_slip(camp, title="报送蓝鲸情况", content="请报", cadres=[person], **deed),
        "session": hold_session(camp, unit=cast.organ, title="蓝鲸专题学习", **deed),
        "activity": hold_activity(camp, category="warning", kind="film", title="观看蓝鲸警示片", **deed),
        "briefing": compose_briefing(camp, kind="progress", title="关于蓝\n鲸工作情况的汇报", as_of=TODAY, body="文", **deed),
    }


def look(client, q: str, **more):
    return client.get("/search/", {"q": q, **more})


def found(client, q: str, **more) -> dict[str, list[str]]:
    """Heading → titles, as text."""
    groups = look(client, q, **more).context.get("groups", [])
    return {str(g.kind.label): [re.sub(r"</?mark>", "", hit.title) for hit in g.hits] for g in groups}


EVERYTHING = {
    "干部": ["蓝鲸飞"], "单位": ["蓝鲸保护室"], "问题": ["对蓝鲸观察不细"],
    "会议和文件": ["报送蓝鲸情况", "蓝鲸动员部署会", "关于蓝鲸的通知"], "学习教育": ["观看蓝鲸警示片", "蓝鲸专题学习"], "工作汇报": ["关于蓝鲸工作情况的汇报"],
}


def test_every_kind_is_found_by_a_part_of_its_title(cast, world, signed_in):
    answer = found(signed_in(cast.office), WORD)
    assert {kind: sorted(titles) for kind, titles in answer.items()} == {kind: sorted(titles) for kind, titles in EVERYTHING.items()}


@pytest.mark.parametrize(("q", "kind", "title"), [
    ("ljf", "干部", "蓝鲸飞"), ("LJ F", "干部", "蓝鲸飞"), ("lanjingf", "干部", "蓝鲸飞"), ("a77", "干部", "蓝鲸飞"),
    ("ljbhs", "单位", "蓝鲸保护室"), ("bhs", "单位", "蓝鲸保护室"), ("q77", "单位", "蓝鲸保护室"),
    ("dljgc", "问题", "对蓝鲸观察不细"), ("ljgc", "问题", "对蓝鲸观察不细"), ("2026-001", "问题", "对蓝鲸观察不细"),
    ("ljdy", "会议和文件", "蓝鲸动员部署会"), ("gyljd", "会议和文件", "关于蓝鲸的通知"), ("bsljqk", "会议和文件", "报送蓝鲸情况"),
    ("云办〔2026〕", "会议和文件", "关于蓝鲸的通知"), ("〔2026〕1 号", "会议和文件", "报送蓝鲸情况"),
    ("ljztxx", "学习教育", "蓝鲸专题学习"), ("ljjsp", "学习教育", "观看蓝鲸警示片"),
    ("gyljgz", "工作汇报", "关于蓝鲸工作情况的汇报"),
])  # fmt: skip
def test_found_by_initials_pinyin_and_number(cast, world, signed_in, q, kind, title):
    assert found(signed_in(cast.office), q)[kind] == [title]


def test_people_are_found_by_the_beginning_of_their_initials(cast, world, signed_in):
    assert found(signed_in(cast.office), "lj")["干部"] == ["蓝鲸飞", "梁静姝"]
    assert "干部" not in found(signed_in(cast.office), "jf")


def test_two_letters_are_looked_for_at_the_beginning_only(cast, world, signed_in):
    assert found(signed_in(cast.office), "gc") == {}


@pytest.mark.parametrize("q", [WORD, "ljf", "lj", "A77", "Q77", "2026-001", "〔2026〕1 号"])
def test_the_office_of_another_organ_finds_nothing(cast, world, signed_in, q):
    answer = look(signed_in(cast.outsider), q)
    assert answer.context["groups"] == []
    for title in ["鲸", "Q77", "A77", str(world["briefing"])]:
        assert title not in answer.content.decode().replace(f"“{q}”", "").replace(f'value="{q}"', "").replace(f"{q} -", "")


def test_a_cadre_finds_no_people_no_units_no_problems_and_no_briefings_of_others(cast, world, signed_in):
    assert sorted(found(signed_in(cast.cadre), WORD)) == ["会议和文件", "学习教育"]
    assert found(signed_in(cast.cadre), WORD)["会议和文件"] == ["蓝鲸动员部署会", "关于蓝鲸的通知"]  # the slip went to somebody else
    assert found(signed_in(cast.cadre), "林知夏") == {}


def test_a_liaison_finds_what_is_of_the_own_unit(cast, world, signed_in):
    answer = found(signed_in(cast.stranger), WORD)
    assert sorted(answer) == ["会议和文件", "学习教育"]
    answer = found(signed_in(cast.liaison), WORD)
    assert (answer["干部"], answer["问题"], "单位" in answer, "工作汇报" in answer) == (["蓝鲸飞"], ["对蓝鲸观察不细"], False, False)


def test_the_administrator_finds_people_and_units_only(cast, world, signed_in):
    assert found(signed_in(cast.administrator), WORD) == {"干部": ["蓝鲸飞"], "单位": ["蓝鲸保护室"]}


def test_bodies_are_never_searched(cast, signed_in):
    report_problem(cast.campaign, title="作风问题", source="other", manifestation="座头鲸一事", cause="座头鲸之故", responsible_unit=cast.unit_a, track="immediate", by=cast.office, at=NOW)
    issue_slip(cast.campaign, title="提示", content="座头鲸", cadres=[cast.person(cast.cadre)], by=cast.office, at=NOW)
    assert found(signed_in(cast.office), "座头鲸") == {}


@pytest.mark.parametrize("q", ["%", "_", "\\", "%%", "a%", "蓝%", "蓝_"])
def test_signs_of_the_database_are_signs_like_others(cast, world, signed_in, q):
    file_document(cast.campaign, kind="notice", title="完成 50%_以上\\全部", by=cast.office, at=NOW)
    wanted = {"会议和文件": ["完成 50%_以上\\全部".replace("&", "&amp;")]} if q in {"%", "_", "\\"} else {}
    assert found(signed_in(cast.office), q) == wanted


def test_markup_in_names_is_text_and_what_matches_is_marked(cast, signed_in):
    file_document(cast.campaign, kind="notice", title="<b>蓝鲸</b>&<script>alert(1)</script>", by=cast.office, at=NOW)
    page = look(signed_in(cast.office), "蓝鲸").content.decode()
    assert "&lt;b&gt;<mark>蓝鲸</mark>&lt;/b&gt;&amp;&lt;script&gt;" in page
    page = look(signed_in(cast.office), "<b>").content.decode()
    assert "<mark>&lt;b&gt;</mark>蓝鲸" in page and "<b>" not in page and "搜索“&lt;b&gt;”" in page


def test_initials_mark_the_signs_they_stand_for(cast, world, signed_in):
    hit = look(signed_in(cast.office), "gyljgz").context["groups"][0].hits[0]
    assert (hit.title, hit.sub[0], hit.url) == ("<mark>关于蓝鲸工作</mark>情况的汇报", "进展情况汇报", f"/reports/briefings/{world['briefing'].pk}/")


def test_where_the_hits_lead(cast, world, signed_in):
    client = signed_in(cast.office)
    hits = [hit for group in look(client, WORD).context["groups"] for hit in group.hits]
    assert {client.get(hit.url).status_code for hit in hits} == {200}
    assert "关于蓝鲸的通知" in client.get(next(hit.url for hit in hits if "document" in hit.url)).content.decode()


def many(cast, n: int) -> None:
    for i in range(n):
        deed = {"by": cast.office, "at": NOW}
        person = enter_cadre(staff_no=f"M{i}", name="蓝鲸飞", unit=cast.unit_a, **deed)
        open_unit(code=f"QM{i}", name="蓝鲸室", parent=cast.organ, **deed)
        report_problem(cast.campaign, title="蓝鲸", source="other", manifestation="表现", responsible_unit=cast.unit_a, track="immediate", **deed)
        record_meeting(cast.campaign, kind="other", organ="工委", title="蓝鲸会", **deed)
        file_document(cast.campaign, kind="notice", title="蓝鲸通知", **deed)
        issue_slip(cast.campaign, title="蓝鲸提示", content="请报", cadres=[person], **deed)
        hold_session(cast.campaign, unit=cast.organ, title="蓝鲸学习", **deed)
        hold_activity(cast.campaign, category="warning", kind="film", title="蓝鲸片", **deed)
        compose_briefing(cast.campaign, kind="progress", title="蓝鲸汇报", as_of=TODAY, body="文", **deed)


@pytest.mark.parametrize(("headers", "most"), [({}, 14), (HTMX, 12)])
def test_the_number_of_queries_is_that_of_the_kinds(cast, signed_in, headers, most):
    client = signed_in(cast.office)

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert len(client.get("/search/", {"q": WORD}, **headers).context["groups"]) == 6
        return len(seen)

    many(cast, 1)
    first = asked()
    many(cast_more(cast), 29)
    assert (asked(), first <= most) == (first, True)


def cast_more(cast):
    """The same play; the names of the first act are moved away so that they don't collide."""
    Cadre.objects.filter(staff_no="M0").update(staff_no="old")
    Unit.objects.filter(code="QM0").update(code="old")
    return cast


def test_more_than_eight_are_said_and_paged(cast, signed_in):
    for i in range(40):
        report_problem(cast.campaign, title=f"蓝鲸第{i}件", source="other", manifestation="表现", responsible_unit=cast.unit_a, track="immediate", by=cast.office, at=NOW)
    client = signed_in(cast.office)
    answer = look(client, WORD)
    (group,) = answer.context["groups"]
    assert (len(group.hits), group.counted, group.all_url) == (8, "显示前 8 条，还有更多", "/search/?q=%E8%93%9D%E9%B2%B8&kind=problems")
    assert group.room_url == "/ledger/problems/?q=%E8%93%9D%E9%B2%B8"
    assert answer.context["said"] == "显示 8 条，还有更多"
    assert client.get(group.room_url).context["page"].paginator.count == 40
    whole = client.get(group.all_url, {"page": 2, "q": WORD, "kind": "problems"})
    assert (whole.context["said"], len(whole.context["groups"][0].hits)) == ("找到 40 条", 10)
    assert "第 31—40 条，共 40 条" in whole.content.decode()
    assert len(look(client, WORD, kind="nonsense").context["groups"][0].hits) == 8


def test_a_union_is_paged_too(cast, signed_in):
    for i in range(35):
        record_meeting(cast.campaign, kind="other", organ="工委", title="蓝鲸会", held_on=TODAY - dt.timedelta(days=i), by=cast.office, at=NOW)
    page = look(signed_in(cast.office), WORD, kind="papers", page=2).context
    assert (page["page"].paginator.count, len(page["groups"][0].hits), page["groups"][0].hits[-1].sub[-1]) == (35, 5, "8 月 15 日")


def test_a_kind_one_may_not_see_is_as_good_as_none(cast, world, signed_in):
    answer = look(signed_in(cast.cadre), WORD, kind="cadres")
    assert sorted(str(g.kind.label) for g in answer.context["groups"]) == ["会议和文件", "学习教育"]


def test_lists_take_over_only_words_they_understand(cast, world, signed_in):
    groups = {str(g.kind.label): g.room_url for g in look(signed_in(cast.office), "ljgc").context["groups"]}
    assert groups == {"问题": ""}
    (people,) = look(signed_in(cast.office), "ljf").context["groups"]
    assert signed_in(cast.office).get(people.room_url).context["page"].paginator.count == 1


def test_fragment_and_page(cast, world, signed_in):
    client = signed_in(cast.office)
    page, fragment = client.get("/search/", {"q": WORD}), client.get("/search/", {"q": WORD}, **HTMX)
    boosted = client.get("/search/", {"q": WORD}, HTTP_HX_BOOSTED="true", **HTMX)
    assert "<html" in page.content.decode() and "<html" in boosted.content.decode()
    assert fragment.content.decode().strip().startswith('<div class="found" data-said="找到 9 条">')
    assert "<html" not in fragment.content.decode()
    for answer in (page, fragment):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "HX-Request" in answer.headers["Vary"]


def test_without_words_it_says_how_to_search(cast, signed_in):
    page = signed_in(cast.office).get("/search/", {"q": "  "}).content.decode()
    assert [word in page for word in ("能找到什么", "姓名的拼音首字母", "2026-074")] == [True] * 3
    page = signed_in(cast.cadre).get("/search/").content.decode()
    assert ("能找到什么" in page, "工号" in page) == (True, False)


def test_nothing_found_says_what_to_try(cast, signed_in):
    assert "没有找到与“独角兽”有关的内容" in look(signed_in(cast.office), "独角兽").content.decode()


def test_the_field_of_other_pages_stays_empty(cast, signed_in):
    client = signed_in(cast.office)
    field = re.compile(r'name="q" value="([^"]*)"[^>]*data-search')
    assert field.findall(client.get("/campaigns/documents/", {"q": "通知"}).content.decode()) == [""]
    assert field.findall(look(client, "通知").content.decode()) == ["通知"]


def test_long_words_are_cut(cast, signed_in):
    assert look(signed_in(cast.office), "长" * 5000).context["q"] == "长" * 60


def test_rows_of_another_campaign_say_so(cast, world, signed_in):
    from campaigns.actions import launch_campaign

    second = launch_campaign(name="回头看", workforce="干部", unit=cast.organ, by=cast.office, at=NOW + dt.timedelta(days=1))
    hits = {str(g.kind.label): g.hits for g in look(signed_in(cast.office), WORD).context["groups"]}
    assert hits["问题"][0].sub[-1] == cast.campaign.name
    assert [str(h.title) for h in hits["学习教育"]] == ["<mark>蓝鲸</mark>专题学习"]  # an activity has no page outside its campaign's list
    assert hits["会议和文件"][0].sub[-1] == cast.campaign.name
    assert second.name == "回头看"


# --- the columns of initials ------------------------------------------------------


@pytest.mark.parametrize(("name", "initials"), [
    ("张三丰", "zsf"), ("单立人", "slr"), ("曾国强", "zgq"), ("解晓东", "xxd"), ("仇和", "qh"), ("尉迟恭", "ycg"), ("万俟卨", "mqx"),
    ("覃塘", "qt"), ("阿卜杜·热合曼", "abdrhm"), ("吕本中", "lbz"),
])  # fmt: skip
def test_surnames_have_initials_of_their_own(cast, name, initials):
    assert enter_cadre(staff_no="S1", name=name, unit=cast.unit_a, by=None, at=NOW).name_initials == initials
    assert Cadre.objects.get(staff_no="S1").name_initials == initials


def test_titles_are_read_as_phrases_and_keep_latin_and_digits():
    assert "".join(letters_of("重庆长安2026年PPT（单位）")) == "cqca2026npptdw"
    assert "".join(letters_of("单位")) == "dw"


def test_what_is_typed_can_be_letters():
    assert [typed_letters(text) for text in ("Z s F", "ｚｓｆ", "张三", "z%", "")] == ["zsf", "zsf", "", "", ""]


def test_people_are_found_by_prefix_in_an_index(cast):
    names = {"organizations_cadre": "name_initials", "organizations_unit": "name_initials", "ledger_problem": "title_initials"}
    with connection.cursor() as cursor:
        for table, column in names.items():
            found = connection.introspection.get_constraints(cursor, table).values()
            assert any(c["index"] and c["columns"] == [column] for c in found), table


def columns() -> list[tuple[type, InitialsField]]:
    return [(model, field) for model in apps.get_models() for field in model._meta.fields if isinstance(field, InitialsField)]


def test_which_tables_keep_initials():
    assert sorted(model.__name__ for model, _field in columns()) == sorted(
        m.__name__ for m in (Briefing, Cadre, Document, EducationActivity, Meeting, Problem, Slip, StudySession, Unit)
    )


def test_changing_a_name_or_a_title_renews_its_initials(cast, world):
    deed = {"by": cast.office, "at": NOW}
    change_cadre(world["cadre"], name="曾三", post="", concurrent_posts=(), **deed)
    change_unit(world["unit"], name="海洋室", **deed)
    change_document(world["document"], title="海洋通知", **deed)
    change_meeting(world["meeting"], title="海洋会议", **deed)
    briefing = world["briefing"]
    edit_briefing(briefing, title="海洋\n汇报", body="文", version=briefing.version, **deed)
    assert Cadre.objects.get(pk=world["cadre"].pk).name_initials == "zs"
    assert Unit.objects.get(pk=world["unit"].pk).name_initials == "hys"
    assert Document.objects.get(pk=world["document"].pk).title_initials == "hytz"
    assert Meeting.objects.get(pk=world["meeting"].pk).title_initials == "hyhy"
    assert Briefing.objects.get(pk=briefing.pk).title_initials == "hyhb"


def test_importing_a_roster_fills_and_renews_initials(cast):
    known = cast.person(cast.cadre)
    sheet = xlsx(row(工号="cadre", 姓名="单知夏"), row(工号="N1", 姓名="解新人", 单位编码="J05", 单位名称="长江室", 上级单位编码="Q"))
    RosterResource(scope=None, by=cast.office, at=NOW).import_data(read_sheet(io.BytesIO(sheet), "名册.xlsx"), raise_errors=True)
    assert Cadre.objects.get(pk=known.pk).name_initials == "szx"
    assert Cadre.objects.get(staff_no="N1").name_initials == "xxr"
    assert Unit.objects.get(code="J05").name_initials == "cjs"


FILLS = [("organizations", "0004"), ("campaigns", "0003"), ("ledger", "0003"), ("learning", "0003"), ("reports", "0003")]


def test_the_migrations_fill_the_rows_that_were_there(cast, world):
    wanted = {}
    for model, field in columns():
        wanted[model] = dict(model.objects.values_list("pk", field.name))
        assert all(wanted[model].values()), model
        model.objects.update(**{field.name: ""})
    for app, number in FILLS:
        importlib.import_module(f"{app}.migrations.{number}_fill_initials").fill(apps, None)
    assert {model: dict(model.objects.values_list("pk", field.name)) for model, field in columns()} == wanted


def test_filling_goes_by_batches(cast, world, django_assert_num_queries):
    from organizations.pinyin import fill_initials

    Cadre.objects.update(name_initials="")
    batches = -(-Cadre.objects.count() // 4)
    with django_assert_num_queries(2 * batches + 1):  # a read and a write each, and the read that finds no more
        fill_initials(Cadre, batch=4)
    assert not Cadre.objects.filter(name_initials="").exists()
