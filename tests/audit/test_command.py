"""`manage.py audit` on the server's console."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import Event
from audit.triggers import remove
from tests.audit.conftest import note, sql

pytestmark = pytest.mark.django_db(transaction=True)


def told(capsys, *args) -> str:
    call_command("audit", *args)
    return capsys.readouterr().out


def test_verify_tells_the_count_and_the_end(capsys, anchors):
    note()
    note()
    last = Event.objects.get(seq=2)
    assert told(capsys, "verify") == f"日志完好：2 条首尾相接，与 0 个库外锚点相符。\n末端：第 2 条 {last.mac}\n"
    answer = json.loads(told(capsys, "verify", "--json"))
    assert answer == {"intact": True, "count": 3, "seq": 3, "mac": Event.objects.get(seq=3).mac, "anchors": 1, "archived": 0, "files": None, "fault": None, "said": "日志完好：3 条首尾相接，与 1 个库外锚点相符。"}
    assert len(anchors.read_text().splitlines()) == 2


def test_verify_names_the_fault_and_fails(capsys):
    event = note()
    remove(connection)
    sql("UPDATE audit_event SET action = 'x'")
    with pytest.raises(SystemExit) as end:
        call_command("audit", "verify")
    assert (end.value.code, capsys.readouterr().err) == (1, f"第 1 条（编号 {event.pk}）与封存时不同：内容被改动，或前面的日志被换过。\n")
    with pytest.raises(SystemExit):
        call_command("audit", "verify", "--json")
    assert json.loads(capsys.readouterr().out)["fault"] == {"kind": "content", "seq": 1, "pk": event.pk, "file": ""}


def test_a_log_without_its_end_is_still_told(capsys):
    note()
    remove(connection)
    sql("DELETE FROM audit_head")
    with pytest.raises(SystemExit):
        call_command("audit", "verify")
    assert capsys.readouterr().err.startswith("日志末端的记录与最后一条（第 1 条）不符")
    assert Event.objects.count() == 1


def test_anchor(capsys, anchors, settings):
    note()
    assert [told(capsys, "anchor"), told(capsys, "anchor")] == ["已记入锚点。\n", "日志没有增加，不必再记。\n"]
    note()
    settings.AUDIT_ANCHORS = anchors / "below-a-file"
    with pytest.raises(CommandError, match="锚点文件写不进去"):
        call_command("audit", "anchor")


def test_export(capsys, anchors, tmp_path):
    note("tests.deed", text="=1+1\n2")
    note("=cmd|x")
    target = tmp_path / "日志.csv"
    assert told(capsys, "export", "--since", "2026-09-18", "--until", "2026-09-18", "--output", str(target)) == f"{target}：2 条\n"
    assert target.read_bytes()[:3] == b"\xef\xbb\xbf"
    with target.open(encoding="utf-8-sig", newline="") as lines:
        head, first, second = csv.reader(lines)
    macs = list(Event.objects.order_by("seq").values_list("mac", flat=True))
    assert head == ["序号", "时间", "办理人", "账号编号", "网络地址", "事项", "事项代码", "对象", "对象类型", "对象编号", "结果", "说明", "校验码"]
    assert first == ["1", "2026-09-18T10:40:00+08:00", "系统", "", "", "tests.deed", "tests.deed", "", "", "", "已办", '{"text": "=1+1\\n2"}', macs[0]]
    assert (second[5], second[6]) == ("'=cmd|x", "'=cmd|x")
    assert Event.objects.get(action="reports.export_log").detail == {"asked": {"since": "2026-09-18", "until": "2026-09-18"}, "rows": 2}
    assert anchors.read_text().split(" ")[1] == "3"


def test_export_of_other_days_is_empty(capsys, tmp_path):
    note()
    assert told(capsys, "export", "--until", "2026-09-17", "--output", str(tmp_path / "x.csv")).endswith("：0 条\n")


def test_export_into_nowhere_is_refused_and_not_on_record(tmp_path):
    with pytest.raises(CommandError, match="不能写到"):
        call_command("audit", "export", "--output", str(tmp_path / "no" / "x.csv"))
    assert not Event.objects.exists()
