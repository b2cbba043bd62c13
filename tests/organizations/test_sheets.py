"""The roster as a sheet: what is read, what is refused and how, what is written back."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from audit.models import Event
from organizations.actions import change_cadre, change_unit, enter_cadre, open_unit
from organizations.kept import build
from organizations.models import Cadre, Post, Unit
from organizations.sheets import HEADERS, MAX_BYTES, RosterResource, Sheet, Workbook, read_sheet, template, workbook
from tests.cast import NOW, TODAY
from tests.organizations.sheetmaker import csv_bytes, row, xlsx

XLS = Path(__file__).parents[1] / "data" / "roster.xls"


def read(content: bytes, name: str = "名册.xlsx"):
    return read_sheet(io.BytesIO(content), name)


def check(*rows: dict, scope=None):
    return RosterResource(scope=scope, at=NOW).check(read(xlsx(*rows)))


def faults(*rows: dict, scope=None) -> list[str]:
    return [str(fault) for fault in check(*rows, scope=scope).faults]


def take_in(*rows: dict, scope=None, by=None):
    return RosterResource(scope=scope, by=by, at=NOW).import_data(read(xlsx(*rows)), raise_errors=True)


def totals(result) -> tuple[int, int, int, int]:
    return tuple(result.totals[key] for key in ("new", "update", "skip", "invalid"))


# --- reading ---


@pytest.mark.parametrize(("make", "name"), [
    (lambda: xlsx(row()), "名册.xlsx"), (lambda: csv_bytes(row()), "名册.csv"), (lambda: csv_bytes(row(), encoding="gb18030"), "名册.CSV"),
])  # fmt: skip
def test_a_workbook_and_both_kinds_of_csv_read_the_same(make, name):
    dataset = read(make(), name)
    assert (dataset.headers, list(dataset)) == (HEADERS, [("0107", "单立人", "Q0101", "", "", "科员", "内勤、联络员", "中共党员", "两专干部", "是", "是")])


@pytest.mark.parametrize("rows", [[], [row()], [row(), {}, row(工号="0108", 在编="")], [{}, {}]])
def test_a_sheet_packed_is_the_same_again(rows):
    sheet = read(xlsx(*rows))
    again = Sheet.unpacked(sheet.packed())
    assert (again.headers, list(again)) == (sheet.headers, list(sheet))


def test_an_old_xls_is_read_with_numbers_and_booleans_as_people_see_them():
    dataset = read(XLS.read_bytes(), "名册.xls")
    assert (dataset.headers, list(dataset)) == (HEADERS, [("107", "单立人", "Q0101", "", "", "科员", "", "", "", "是", "是")])


@pytest.mark.parametrize(("content", "name"), [
    (b"PK\x03\x04 not a zip", "名册.xlsx"), (b"hello", "名册.xlsx"), (b"<html></html>", "名册.xls"), (b"%PDF-1.7", "名册.csv"),
    (b"a\x00b", "名册.csv"), (b"", "名册.csv"), (b"\xff\xfe\x81", "名册.csv"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "名册.xls"),
    (xlsx(row()), "名册.docx"), (xlsx(row()), "名册"),
])  # fmt: skip
def test_what_is_no_workbook_is_refused(content, name):
    with pytest.raises(ValidationError, match=r"不是工作簿|已损坏|不接受"):
        read(content, name)


def test_a_file_too_large_is_refused():
    with pytest.raises(ValidationError, match="超过 10 MB"):
        read(b"x" * (MAX_BYTES + 1))


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 3_000_000)
    with pytest.raises(ValidationError, match="解压后过大"):
        read(out.getvalue())


def test_a_sheet_with_one_cell_in_the_last_corner_doesnt_end_the_process():
    book = openpyxl.Workbook()
    book.active["A1"] = "工号"
    book.active["XFD1048576"] = "1"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(ValidationError, match="表格范围过大"):
        read(out.getvalue())


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr("organizations.sheets.MAX_ROWS", 2)
    rows = [row(工号=str(n)) for n in range(3)]
    for content, name in ((xlsx(*rows), "名册.xlsx"), (csv_bytes(*rows), "名册.csv")):
        with pytest.raises(ValidationError, match="一次最多导入 2 行"):
            read(content, name)


def test_numbers_and_booleans_among_texts_are_read_as_people_see_them():
    book = openpyxl.Workbook()
    for cells in (HEADERS, [107, "单立人", "Q0101", None, None, 1.5, None, None, None, True, False], [], ["0108", " 张三 ", "Q0101"]):
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    assert list(read(out.getvalue())) == [
        ("107", "单立人", "Q0101", "", "", "1.5", "", "", "", "是", "否"), ("",) * 11, ("0108", "张三", "Q0101", *[""] * 8),
    ]  # fmt: skip


def test_a_stray_cell_far_to_the_right_is_refused():
    """Else each row would be squared to its width."""
    book = openpyxl.Workbook()
    book.active.append(HEADERS)
    book.active["AAA2"] = "1"
    out = io.BytesIO()
    book.save(out)
    for content, name in ((out.getvalue(), "名册.xlsx"), (csv_bytes(row()) + b"," * 300 + b"1\r\n", "名册.csv")):
        with pytest.raises(ValidationError, match=f"“{name}”的表格范围过大"):
            read(content, name)


# --- headers and rows ---


def test_wrong_headers_name_what_is_missing_and_what_is_strange(cast):
    headers = ["工号", "名字", "身份证号", *HEADERS[2:], "工号"]
    with pytest.raises(ValidationError) as refusal:
        RosterResource().check(read(xlsx(row(), headers=headers)))
    assert refusal.value.messages == ["表头不对，缺少列：姓名；多出列：名字、身份证号；重复列：工号。第 1 行须是表头，请用“下载模板”的表头填写。"]


def test_columns_may_stand_in_another_order(cast):
    plan = RosterResource(at=NOW).check(read(xlsx(row(), headers=HEADERS[::-1])))
    assert [line.name for line in plan.newcomers] == ["单立人"]


def test_a_value_beyond_the_header_is_a_column_without_one(cast):
    with pytest.raises(ValidationError, match="多出列：（空表头）"):
        RosterResource().check(_with_extra())


def _with_extra():
    book = openpyxl.load_workbook(io.BytesIO(xlsx(row())))
    book.active["M2"] = "多写的"
    out = io.BytesIO()
    book.save(out)
    return read(out.getvalue())


def test_a_sheet_without_rows_is_refused(cast):
    with pytest.raises(ValidationError, match="表中没有数据"):
        RosterResource().check(read(template()))


def test_every_bad_cell_is_named_by_row_and_column(cast):
    assert faults(row(在编="有"), row(工号="", 姓名="", 在岗=""), {}, row(工号="0109", 政治面貌="党" * 21, 职务="主任\n科员"), row(工号="0110", 兼任职务="长" * 61)) == [
        "第 2 行 在编：应填“是”或“否”",
        "第 3 行 工号：不能为空",
        "第 3 行 姓名：不能为空",
        "第 3 行 在岗：应填“是”或“否”",
        "第 5 行 职务：含有换行或看不见的字符，请删去后重新填写",
        "第 5 行 政治面貌：不能超过 20 个字，现有 21 个字",
        "第 6 行 兼任职务：每个职务不能超过 60 个字，几个职务之间请用顿号隔开",
    ]  # fmt: skip


def test_the_same_bad_cell_is_named_in_each_row(cast):
    assert faults(row(在编="有"), row(工号="0108", 人员类别="类" * 31), row(工号="0109", 在编="有"), row(工号="", 在编="有")) == [
        "第 2 行 在编：应填“是”或“否”",
        "第 3 行 人员类别：不能超过 30 个字，现有 31 个字",
        "第 4 行 在编：应填“是”或“否”",
        "第 5 行 工号：不能为空",
        "第 5 行 在编：应填“是”或“否”",
    ]  # fmt: skip


def test_the_same_wrong_unit_is_named_in_each_row(cast):
    wrong = "单位编码：没有编码为“X9”的单位；如是新单位，请同时填写单位名称和上级单位编码"
    assert faults(row(单位编码="X9", 单位名称="新科"), row(工号="0108"), row(工号="0109", 单位编码="X9", 单位名称="新科")) == [f"第 2 行 {wrong}", f"第 4 行 {wrong}"]


def test_a_number_twice_in_the_file_is_a_fault(cast):
    assert faults(row(), row(工号="0108"), row(姓名="另一人")) == ["第 4 行 工号：“0107”与第 2 行重复"]


def test_an_unknown_unit_is_a_fault(cast):
    assert faults(row(单位编码="X9")) == ["第 2 行 单位编码：没有编码为“X9”的单位；如是新单位，请同时填写单位名称和上级单位编码"]


def test_a_unit_name_that_doesnt_fit_its_code_is_a_fault(cast):
    assert faults(row(单位名称="案件审理科"), row(工号="0108", 单位名称="纪检监察科", 上级单位编码="Q"), row(工号="0109", 单位编码="Q", 单位名称="区机关")) == [
        "第 2 行 单位名称：编码“Q0101”是“纪检监察科”，与填写的“案件审理科”不一致",
        "第 3 行 上级单位编码：“纪检监察科”现在的上级是“Q01”；导入名册不调整隶属关系",
    ]  # fmt: skip


def test_a_closed_unit_takes_nobody(cast):
    empty = open_unit(code="J09", name="空街道", parent=cast.organ, by=None, at=NOW)
    change_unit(empty, closed_on=TODAY, by=None, at=NOW)
    new = row(工号="0108", 单位编码="J0901", 单位名称="空街道一科", 上级单位编码="J09")
    assert faults(row(单位编码="J09"), new) == ["第 2 行 单位编码：“J09”空街道已撤销", "第 3 行 上级单位编码：“J09”空街道已撤销"]


def test_what_lies_outside_the_importers_scope_is_refused(cast):
    new = row(工号="0110", 单位编码="L01", 单位名称="邻区一科", 上级单位编码="L")
    assert faults(row(), row(工号="0108", 单位编码="L"), row(工号="outsider"), new, scope=[cast.organ.path]) == [
        "第 3 行 单位编码：“L”不在您的管理范围内",
        "第 4 行 工号：“outsider”属于您管理范围以外的单位，不能由您导入",
        "第 5 行 上级单位编码：“L”不在您的管理范围内",
    ]  # fmt: skip


def test_one_who_left_isnt_brought_back_by_a_sheet(cast):
    change_cadre(cast.person(cast.cadre), post="", concurrent_posts=(), left_on=TODAY, by=None, at=NOW)
    assert faults(row(工号="cadre", 姓名="林知夏")) == ["第 2 行 工号：“cadre”林知夏已登记离任，重新到任请先在干部页面清除离任日期"]


def test_new_units_need_to_agree_and_to_have_a_parent(cast):
    child = row(工号="1", 单位编码="N11", 单位名称="孙单位", 上级单位编码="N1")
    parent = row(工号="2", 单位编码="N1", 单位名称="子单位", 上级单位编码="Q")
    assert [(u.code, u.parent_code) for u in check(child, parent).new_units] == [("N1", "Q"), ("N11", "N1")]
    assert faults(child) == ["第 2 行 上级单位编码：没有编码为“N1”的单位"]
    assert faults(child, row(工号="2", 单位编码="N1", 单位名称="子单位", 上级单位编码="N11")) == [
        "第 2 行 上级单位编码：没有编码为“N1”的单位", "第 3 行 上级单位编码：没有编码为“N11”的单位",
    ]  # fmt: skip
    assert faults(parent, parent | {"工号": "3", "单位名称": "别名"}) == ["第 3 行 单位名称：新单位“N1”的名称或上级与第 2 行不一致"]


# --- writing ---


def test_import_writes_people_posts_and_units(cast):
    result = take_in(row(), row(工号="0108", 姓名="吕　本中", 单位编码="J05", 单位名称="望湖街道纪工委", 上级单位编码="Q", 兼任职务=""), row(工号="0109", 单位编码="J05"), by=cast.office)
    assert totals(result) == (3, 0, 0, 0)
    unit = Unit.objects.get(code="J05")
    assert (unit.parent, unit.path, unit.name) == (cast.organ, cast.organ.path + "0003", "望湖街道纪工委")
    man = Cadre.objects.get(staff_no="0108")
    assert (man.name, man.name_pinyin, man.unit, man.political_status, man.category) == ("吕本中", "lv ben zhong", unit, "中共党员", "两专干部")
    assert list(Cadre.objects.get(staff_no="0107").posts.values_list("title", "is_concurrent")) == [("科员", False), ("内勤", True), ("联络员", True)]
    event = Event.objects.get(action="organizations.import_roster")
    assert (event.actor_label, event.detail["new"], event.detail["units"]) == ("沈若川", 3, ["J05"])


def test_import_changes_only_what_differs_and_keeps_the_account(cast):
    before = cast.person(cast.cadre)
    plan = check(row(工号="cadre", 姓名="林知夏", 职务="副科长", 兼任职务="", 人员类别="", 在岗="否"), row(工号="colleague", 姓名="许望舒", 职务="", 兼任职务="", 政治面貌="", 人员类别=""))
    assert ([(c.column, c.old, c.new) for c in plan.changes], plan.unchanged) == ([("政治面貌", "", "中共党员"), ("在岗", "是", "否"), ("职务", "", "副科长")], 1)
    assert totals(take_in(row(工号="cadre", 姓名="林知夏", 职务="副科长", 兼任职务="", 人员类别="", 在岗="否"))) == (0, 1, 0, 0)
    after = cast.person(cast.cadre)
    assert (after.pk, after.user, after.on_duty, after.name_pinyin) == (before.pk, cast.cadre, False, "lin zhi xia")


@pytest.mark.parametrize(("cells", "change"), [
    ({"姓名": "单立仁"}, ("姓名", "单立人", "单立仁")), ({"政治面貌": ""}, ("政治面貌", "中共党员", "")), ({"人员类别": "其他"}, ("人员类别", "两专干部", "其他")),
    ({"在编": "否"}, ("在编", "是", "否")), ({"在岗": "否"}, ("在岗", "是", "否")), ({"单位编码": "J01"}, ("单位", "纪检监察科", "石桥街道纪工委")),
    ({"职务": "科长"}, ("职务", "科员", "科长")), ({"兼任职务": "内勤"}, ("兼任职务", "内勤、联络员", "内勤")), ({"兼任职务": ""}, ("兼任职务", "内勤、联络员", "")),
])  # fmt: skip
def test_each_value_that_differs_alone_is_seen(cast, cells, change):
    take_in(row(), row(工号="0108"))
    plan = check(row(工号="0108"), row(**cells))
    assert ([(c.row, c.column, c.old, c.new) for c in plan.changes], plan.unchanged, plan.newcomers, plan.faults) == ([(3, *change)], 1, [], [])


def test_posts_in_another_order_are_the_same(cast):
    take_in(row())
    plan = check(row(兼任职务="联络员，内勤"))
    assert (plan.changes, plan.unchanged) == ([], 1)


def test_the_counts_kept_follow_an_import(cast):
    build(at=NOW)
    take_in(row(), row(工号="0108", 在岗="否"), row(工号="0109", 单位编码="J05", 单位名称="望湖街道纪工委", 上级单位编码="Q"))
    take_in(row(单位编码="J01"), row(工号="0108", 在岗="是"))
    assert set(build(at=NOW).values()) == {0}


def test_the_log_tells_of_an_import_what_it_did(cast):
    take_in(row())
    take_in(row(), row(工号="0108", 单位编码="J05", 单位名称="望湖街道纪工委", 上级单位编码="Q"), row(工号="cadre", 姓名="林知夏"), by=cast.office)
    event = Event.objects.filter(action="organizations.import_roster").latest("pk")
    digest = event.detail.pop("digest")
    assert event.detail == {"new": 1, "changed": 1, "unchanged": 1, "units": ["J05"]} and len(digest) == 64


def test_import_twice_is_the_same_as_once(cast):
    take_in(row(), row(工号="0108"))
    posts = set(Post.objects.values_list("pk", "until"))
    assert totals(take_in(row(), row(工号="0108"))) == (0, 0, 2, 0)
    assert set(Post.objects.values_list("pk", "until")) == posts


def test_import_moves_a_person_and_ends_the_old_posts(cast):
    man = enter_cadre(staff_no="0107", name="单立人", unit=cast.unit_b, post="科员", by=None, at=NOW)
    take_in(row(兼任职务=""))
    assert list(man.posts.order_by("pk").values_list("unit__code", "title", "until")) == [("J01", "科员", TODAY), ("Q0101", "科员", None)]


def test_import_is_all_or_nothing(cast):
    people, units = Cadre.objects.count(), Unit.objects.count()
    result = take_in(row(), row(工号="0108", 单位编码="J05", 单位名称="望湖街道纪工委", 上级单位编码="Q"), row(工号="0109", 在编=""))
    assert (totals(result)[3], result.invalid_rows[0].number, result.invalid_rows[0].field_specific_errors) == (1, 4, {"在编": ["应填“是”或“否”"]})
    assert (Cadre.objects.count(), Unit.objects.count(), Event.objects.filter(action="organizations.import_roster").count()) == (people, units, 0)


def test_import_as_a_rehearsal_writes_nothing(cast):
    people = Cadre.objects.count()
    result = RosterResource(at=NOW).import_data(read(xlsx(row())), dry_run=True)
    assert (totals(result), Cadre.objects.count()) == ((1, 0, 0, 0), people)


def test_import_of_something_else_is_a_base_error(cast):
    result = RosterResource(at=NOW).import_data(read(xlsx(headers=["a"])), dry_run=True)
    assert "表头不对" in str(result.base_errors[0].error)


def test_ten_thousand_rows_take_few_statements(cast, django_assert_max_num_queries):
    rows = [row(工号=f"N{n:05}", 单位编码=f"U{n % 40:02}", 单位名称=f"单位{n % 40}", 上级单位编码="Q") for n in range(10_000)]
    dataset = read(csv_bytes(*rows), "名册.csv")
    with django_assert_max_num_queries(40):
        assert totals(RosterResource(at=NOW).import_data(dataset)) == (10_000, 0, 0, 0)
    assert (Cadre.objects.filter(staff_no__startswith="N").count(), Post.objects.filter(cadre__staff_no__startswith="N").count()) == (10_000, 30_000)


# --- back out ---


def test_export_comes_back_unchanged(cast):
    take_in(row(), row(工号="007", 姓名="=1+1", 单位编码="J01", 兼任职务="", 职务="@SUM(A1)"))
    content = Workbook().export_data(RosterResource().export())
    plan = RosterResource(at=NOW).check(read(content))
    assert (plan.faults, plan.changes, plan.unchanged, len(plan.newcomers)) == ([], [], Cadre.objects.count(), 0)


def test_export_holds_text_and_no_formula(cast):
    take_in(row(姓名="=HYPERLINK(\"http://x\",\"y\")"))
    sheet = openpyxl.load_workbook(io.BytesIO(Workbook().export_data(RosterResource().export(Cadre.objects.filter(staff_no="0107"))))).active
    assert [c.value for c in sheet[1]] == HEADERS
    assert [c.value or "" for c in sheet[2]] == ["0107", '=HYPERLINK("http://x","y")', "Q0101", "纪检监察科", "Q01", "科员", "内勤、联络员", "中共党员", "两专干部", "是", "是"]
    assert {c.data_type for c in sheet[2]} <= {"s", "n"} and sheet["B2"].data_type == "s" and sheet["B2"].quotePrefix


def test_export_leaves_out_who_left(cast):
    change_cadre(cast.person(cast.cadre), post="", concurrent_posts=(), left_on=TODAY, by=None, at=NOW)
    assert "林知夏" not in RosterResource().export()["姓名"]


def test_the_template_has_the_headers_and_says_how(cast):
    book = openpyxl.load_workbook(io.BytesIO(template()))
    assert book.sheetnames == ["干部花名册", "填写说明"]
    assert [c.value for c in book["干部花名册"][1]] == HEADERS
    assert [c.value for c in book["填写说明"]["A"]][1:12] == HEADERS


def test_a_workbook_may_be_read_through_the_format(cast):
    written = workbook(RosterResource().export(Cadre.objects.filter(user=cast.cadre)))
    assert [cells[:3] for cells in Workbook().create_dataset(written)] == [("cadre", "林知夏", "Q0101")]


# --- the command ---


@pytest.fixture
def path(tmp_path):
    def write(*rows: dict, name: str = "名册.xlsx", content: bytes | None = None) -> str:
        target = tmp_path / name
        target.write_bytes(content if content is not None else xlsx(*rows))
        return str(target)

    return write


def test_command_imports(cast, path, capsys):
    call_command("roster", path(row(), row(工号="0108", 单位编码="J05", 单位名称="望湖街道纪工委", 上级单位编码="Q")))
    assert capsys.readouterr().out == "已导入：新增 2 人，更新 0 人，不变 0 人，新设单位 1 个。\n"
    assert Event.objects.get(action="organizations.import_roster").actor_label == "系统"


def test_command_check_writes_nothing(cast, path, capsys):
    call_command("roster", path(row()), "--check")
    assert capsys.readouterr().out == "核对无误，没有写入：新增 1 人，更新 0 人，不变 0 人，新设单位 0 个。\n"
    assert not Cadre.objects.filter(staff_no="0107").exists()


def test_command_names_bad_rows_and_writes_nothing(cast, path):
    with pytest.raises(CommandError) as refusal:
        call_command("roster", path(row(), row(工号="0108", 在编="有")))
    assert str(refusal.value) == "第 3 行 在编：应填“是”或“否”\n共 1 处错误，没有写入任何一行。"
    assert refusal.value.returncode == 1
    assert not Cadre.objects.filter(staff_no="0107").exists()


@pytest.mark.parametrize(("content", "words"), [(xlsx(row(), headers=["姓名"]), "缺少列：工号、单位编码"), (b"nonsense", "不是工作簿")])
def test_command_refuses_bad_headers_and_other_files(cast, path, content, words):
    with pytest.raises(CommandError, match=words):
        call_command("roster", path(content=content))


def test_command_without_the_file(cast, tmp_path):
    with pytest.raises(CommandError, match="读不到文件"):
        call_command("roster", str(tmp_path / "没有.xlsx"))


def test_command_starts_an_empty_house(db, path):
    call_command("roster", path(row(单位编码="Q01", 单位名称="纪检监察室", 上级单位编码="Q"), row(工号="1", 单位编码="Q", 单位名称="区机关")))
    assert list(Unit.objects.values_list("code", "path")) == [("Q", "0001"), ("Q01", "00010001")]
