"""Roster in: upload, preview, confirm, background job; roster out."""

import io

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from audit.models import Event
from files.models import StoredFile
from jobs.models import Job
from jobs.runner import claim, run, run_pending
from organizations.actions import change_cadre, confirm_roster, import_roster
from organizations.models import Cadre, RoleGrant, RosterImport, RosterReading, Unit
from organizations.sheets import HEADERS, RosterResource, read_sheet
from tests.cast import NOW
from tests.organizations.sheetmaker import row, upload, xlsx
from tests.organizations.test_views import ONCE, text, url

CHANGED = row(工号="cadre", 姓名="林知夏", 职务="副科长", 兼任职务="", 政治面貌="", 人员类别="")
SAME = row(工号="colleague", 姓名="许望舒", 职务="", 兼任职务="", 政治面貌="", 人员类别="")


@pytest.fixture
def office(cast, signed_in):
    return signed_in(cast.office)


def send(client, *rows: dict, name: str = "名册.xlsx", **data):
    return client.post(url("roster_import"), {"file": upload(xlsx(*rows), name)} | data)


def sent(client, *rows: dict) -> RosterImport:
    """An upload that got as far as its preview."""
    response = send(client, *rows)
    assert response.status_code == 302, text(response)
    return RosterImport.objects.get(pk=int(response["Location"].rstrip("/").rsplit("/", 1)[1]))


def test_upload_shows_what_would_change_and_writes_nothing(cast, office):
    roster = sent(office, row(), CHANGED, SAME, row(工号="0108", 姓名="张三", 单位编码="J05", 单位名称="望湖街道纪工委", 上级单位编码="Q"))
    page = text(office.get(url("roster_preview", roster.pk)))
    assert "将新增 2 人、更新 1 人" in page and "还没有写入任何内容" in page
    assert "望湖街道纪工委" in page and "一、新设单位" in page and "二、变化" in page and "三、新增的人" in page
    assert "<td class=\"nowrap\">第 3 行</td><td class=\"nowrap\">职务</td><td data-label=\"原来\">（空）</td><td data-label=\"改为\"><strong>副科长</strong></td>" in page
    assert (roster.state, roster.summary["unchanged"], Cadre.objects.filter(staff_no="0107").exists(), Unit.objects.filter(code="J05").exists()) == ("checked", 1, False, False)
    assert Event.objects.get(action="organizations.upload_roster").detail == {"state": "checked", "rows": 4}


def test_upload_with_bad_rows_shows_them_and_cant_be_confirmed(cast, office):
    roster = sent(office, row(在编="有"), row(工号="", 姓名="无名"))
    page = text(office.get(url("roster_preview", roster.pk)))
    assert "2 行有错误，没有导入" in page and "应填“是”或“否”" in page and "确认导入" not in page
    assert "表中还有错误" in text(office.post(url("roster_confirm", roster.pk), follow=True))
    assert Job.objects.count() == 0


@pytest.mark.parametrize(("content", "name", "words"), [
    (xlsx(row(), headers=["姓名"]), "名册.xlsx", "缺少列：工号、单位编码"), (b"nonsense", "名册.xlsx", "不是工作簿"), (b"", "名册.xlsx", "空"), (xlsx(), "名册.xlsx", "表中没有数据"),
])  # fmt: skip
def test_what_is_no_roster_is_refused_at_the_field(cast, office, content, name, words):
    page = office.post(url("roster_import"), {"file": upload(content, name)})
    assert words in text(page)
    assert (RosterImport.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_upload_twice_with_one_token_is_one_upload(cast, office):
    first, again = send(office, row(), **ONCE), send(office, row(), **ONCE)
    assert first["Location"] == again["Location"]
    assert RosterImport.objects.count() == 1


def test_confirm_queues_and_the_job_writes_once(cast, office):
    roster = sent(office, row(), CHANGED)
    for _i in range(2):
        assert office.post(url("roster_confirm", roster.pk))["Location"] == url("roster_preview", roster.pk)
    job = Job.objects.get()
    assert (job.kind, job.asked_by, job.back_url) == ("organizations.import_roster", cast.office, url("roster_preview", roster.pk))
    assert "正在导入" in text(office.get(url("roster_preview", roster.pk)))
    assert run_pending() == 1
    job.refresh_from_db()
    assert (job.status, job.message) == ("done", "已导入：新增 1 人，更新 1 人，新设单位 0 个。")
    assert Cadre.objects.get(staff_no="0107").name_pinyin == "shan li ren"
    office.post(url("roster_confirm", roster.pk))
    assert (run_pending(), Event.objects.filter(action="organizations.import_roster").count()) == (0, 1)
    assert "已导入：" in text(office.get(url("roster_preview", roster.pk)))
    assert Event.objects.get(action="organizations.import_roster").actor_label == "沈若川"


def kept() -> list[int]:
    """Of which uploads it is kept what was read."""
    return list(RosterReading.objects.order_by("pk").values_list("pk", flat=True))


def test_a_sheet_is_read_once_and_what_was_read_goes_when_it_is_written(cast, office, monkeypatch):
    roster = sent(office, row())
    assert kept() == [roster.pk]
    monkeypatch.setattr("organizations.background.read_sheet", lambda *_args: pytest.fail("read again"))
    office.post(url("roster_confirm", roster.pk))
    run_pending()
    roster.refresh_from_db()
    assert (roster.state, Cadre.objects.filter(staff_no="0107").exists(), kept()) == ("done", True, [])


def test_of_several_previews_only_the_newest_is_kept_read_and_an_older_one_is_read_again(cast, office):
    first, second = sent(office, row()), sent(office, row(工号="0108"))
    assert kept() == [second.pk]
    office.post(url("roster_confirm", second.pk))
    third = sent(office, row(工号="0109"))
    assert kept() == [second.pk, third.pk]  # what waits to be written stays
    assert sent(office, row(在编="有")).state == "refused" and kept() == [second.pk]
    office.post(url("roster_confirm", first.pk))
    run_pending()
    assert (sorted(Cadre.objects.filter(staff_no__startswith="010").values_list("staff_no", flat=True)), kept()) == (["0107", "0108"], [])


def test_a_job_run_again_after_a_crash_does_nothing_twice(cast, office):
    roster = sent(office, row())
    office.post(url("roster_confirm", roster.pk))
    job = claim("first", now=NOW)
    run(job)
    Job.objects.filter(pk=job.pk).update(status="running", finished_at=None, lease_until=NOW, owner="gone")
    assert run_pending() == 1
    assert (Job.objects.get().status, Event.objects.filter(action="organizations.import_roster").count()) == ("done", 1)


def test_a_roster_that_changed_meanwhile_is_shown_again_and_not_written(cast, office):
    roster = sent(office, row(), CHANGED)
    office.post(url("roster_confirm", roster.pk))
    change_cadre(cast.person(cast.cadre), post="科长", concurrent_posts=(), by=cast.office, at=NOW)
    run_pending()
    roster.refresh_from_db()
    assert (roster.state, roster.job, roster.confirmed_by) == ("checked", None, None)
    assert "预览之后名册有了变动，没有写入任何一行" in Job.objects.get().message
    assert roster.summary["changes"] == [[3, "林知夏", "职务", "科长", "副科长"]]
    assert not Cadre.objects.filter(staff_no="0107").exists()
    office.post(url("roster_confirm", roster.pk))
    run_pending()
    assert Cadre.objects.filter(staff_no="0107").exists()


def test_an_importer_who_lost_the_role_writes_nothing(cast, office):
    roster = sent(office, row())
    office.post(url("roster_confirm", roster.pk))
    RoleGrant.objects.filter(user=cast.office).delete()
    run_pending()
    roster.refresh_from_db()
    assert (roster.state, roster.summary["faults"]) == ("refused", [[2, "单位编码", "“Q0101”不在您的管理范围内"]])
    assert not Cadre.objects.filter(staff_no="0107").exists()


def test_a_job_that_broke_may_be_started_again(cast, office, monkeypatch):
    roster = sent(office, row())
    office.post(url("roster_confirm", roster.pk))
    with monkeypatch.context() as broken:
        broken.setattr("organizations.actions.roster.import_roster", lambda *a, **k: 1 / 0)
        run_pending()
    page = text(office.get(url("roster_preview", roster.pk)))
    assert "没有导入成功" in page and "重新导入" in page
    office.post(url("roster_confirm", roster.pk))
    assert (run_pending(), Cadre.objects.filter(staff_no="0107").count()) == (1, 1)


def test_a_sheet_without_changes_isnt_imported(cast, office):
    roster = sent(office, SAME)
    page = text(office.get(url("roster_preview", roster.pk)))
    assert "完全一致" in page and "确认导入" not in page
    with pytest.raises(ValidationError, match="完全一致"):
        confirm_roster(roster, by=cast.office, at=NOW)


def test_import_roster_with_faults_is_refused(cast):
    plan = RosterResource(at=NOW).check(read_sheet(io.BytesIO(xlsx(row(在编=""))), "名册.xlsx"))
    with pytest.raises(ValidationError, match="第 2 行 在编"):
        import_roster(plan, by=cast.office, at=NOW)


def test_previews_are_their_uploaders_own(cast, signed_in, office):
    roster = sent(office, row())
    for who, status in ((cast.outsider, 404), (cast.administrator, 404), (cast.liaison, 403)):
        client = signed_in(who)
        assert client.get(url("roster_preview", roster.pk)).status_code == status
        assert client.post(url("roster_confirm", roster.pk)).status_code == status
    assert RosterImport.objects.get().state == "checked"


def test_an_upload_is_listed_to_its_uploader_only(cast, signed_in, office):
    preview = url("roster_preview", sent(office, row()).pk)
    assert preview in text(office.get(url("roster_import")))
    assert preview not in text(signed_in(cast.outsider).get(url("roster_import")))


def test_confirm_is_a_post(cast, office):
    assert office.get(url("roster_confirm", sent(office, row()).pk)).status_code == 405


def test_upload_page_lists_recent_ones(cast, office, django_assert_max_num_queries):
    sent(office, row())
    with django_assert_max_num_queries(15) as few:
        office.get(url("roster_import"))
    for n in range(9):
        sent(office, row(工号=str(n)))
    with django_assert_max_num_queries(15) as many:
        assert "待确认" in text(office.get(url("roster_import")))
    assert len(many) == len(few)


def sheet(response):
    return openpyxl.load_workbook(io.BytesIO(response.content)).active


def test_template_downloads(cast, office):
    response = office.get(url("roster_template"))
    assert "%E5%B9%B2%E9%83%A8%E8%8A%B1%E5%90%8D%E5%86%8C%E6%A8%A1%E6%9D%BF.xlsx" in response["Content-Disposition"]
    assert [c.value for c in sheet(response)[1]] == HEADERS


def test_export_is_the_visitors_part_as_filtered_and_recorded(cast, signed_in, office):
    assert [r[1].value for r in sheet(office.get(url("roster_export"))).iter_rows(min_row=2)] == ["何书言", "沈若川", "唐克勤", "赵念安", "林知夏", "陆青禾", "许望舒", "梁静姝"]
    assert [r[1].value for r in sheet(office.get(url("roster_export", q="lzx"))).iter_rows(min_row=2)] == ["林知夏"]
    assert [r[1].value for r in sheet(signed_in(cast.stranger).get(url("roster_export"))).iter_rows(min_row=2)] == ["梁静姝"]
    assert list(Event.objects.filter(action="organizations.export_roster").order_by("pk").values_list("actor_label", "detail__rows")) == [("沈若川", 8), ("沈若川", 1), ("梁静姝", 1)]
    assert signed_in(cast.cadre).get(url("roster_export")).status_code == 403


def test_who_left_is_not_exported(cast, office):
    assert office.get(url("roster_export", left="1")).status_code == 403
    assert not Event.objects.filter(action="organizations.export_roster").exists()


def test_export_holds_its_query_count(cast, office, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        office.get(reverse("organizations:roster_export"))
