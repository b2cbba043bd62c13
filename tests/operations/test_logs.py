"""The server's log: fields, and what never gets into it."""

import json
import logging
import sys

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from operations.here import request_id, user_pk
from operations.logs import JsonFormatter, LineFormatter


def line(formatter, message="x", *args, exc_info=None, **extra) -> str:
    record = logging.LogRecord("operations.test", logging.WARNING, __file__, 1, message, args, exc_info)
    record.__dict__.update(extra)
    return formatter.format(record)


def test_a_line_says_request_and_user_by_number():
    tokens = request_id.set("ab" * 16), user_pk.set(7)
    try:
        found = json.loads(line(JsonFormatter(), "%s rows", 3, ms=1.5, status=200, view="ledger:problem_list", request=object(), name_of_somebody="沈若川"))
    finally:
        request_id.reset(tokens[0])
        user_pk.reset(tokens[1])
    at = found.pop("at")
    assert at.endswith("+00:00") and len(at) == 29
    assert found == {"level": "WARNING", "logger": "operations.test", "message": "3 rows", "request": "ab" * 16, "user": 7, "ms": 1.5, "status": 200, "view": "ledger:problem_list"}
    assert line(LineFormatter(), "plain", ms=2).split(" ", 1)[1] == "WARNING operations.test plain ms=2"


def test_nobody_breaks_a_line():
    for formatter in (JsonFormatter(), LineFormatter()):
        said = line(formatter, "Not Found: %s", "/x\r\n2026-01-01 INFO forged\u202e")
        assert "\n" not in said and "\r" not in said and "\u202e" not in said


def test_an_exception_is_told_by_kind_and_place_and_not_by_its_words(db):
    user = User.objects.create(username="canary-4711", name="金丝雀", opened_at=timezone.now())
    try:
        with transaction.atomic():
            User.objects.create(username=user.username, name="金丝雀", opened_at=timezone.now())
    except IntegrityError:
        said = [line(formatter, "failed", exc_info=sys.exc_info()) for formatter in (JsonFormatter(), LineFormatter())]
    assert all("IntegrityError" in text and "test_logs.py:" in text for text in said)
    assert [text for text in said if "canary" in text or "金丝雀" in text] == []


def test_one_with_a_cause_tells_both_kinds():
    try:
        try:
            int("秘密")
        except ValueError as error:
            raise RuntimeError("又一个秘密") from error
    except RuntimeError:
        found = json.loads(line(JsonFormatter(), "failed", exc_info=sys.exc_info()))
    assert found["error"] == ["RuntimeError", "ValueError"] and "秘密" not in json.dumps(found, ensure_ascii=False)


@pytest.fixture
def lines(caplog):
    """What is logged, as the server would write it."""
    formatter = JsonFormatter()
    said = []

    class Kept(logging.Handler):
        def emit(self, record):
            said.append(json.loads(formatter.format(record)))

    handler = Kept()
    loggers = [logging.getLogger(name) for name in ("operations.request", "operations.slow", "django")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield said
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_every_request_has_a_line_without_query_or_form(cast, client, lines):
    answer = client.post("/accounts/sign-in/?next=/canary-query/", {"username": "canary-name", "password": "canary-word"})
    client.force_login(cast.office)
    client.get("/ledger/problems/", {"q": "canary-search"})
    told = [said for said in lines if said["message"] == "request"]
    assert [(said["method"], said["view"], said["status"], said.get("user")) for said in told] == [
        ("POST", "accounts:sign_in", answer.status_code, None), ("GET", "ledger:problem_list", 200, cast.office.pk),
    ]  # fmt: skip
    assert all(said["ms"] > 0 and said["bytes"] > 0 and len(said["request"]) == 32 for said in told)
    text = json.dumps(lines, ensure_ascii=False)
    assert "canary" not in text and cast.office.name not in text and cast.office.username not in text


def test_a_slow_statement_is_told_without_its_values(db, settings, lines):
    settings.SLOW_QUERY_MS = 1
    with connection.cursor() as cursor:
        rest = "SELECT pg_sleep(0.01), %s" if connection.vendor == "postgresql" else "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT max(i), %s FROM n"
        cursor.execute(rest, ["canary-value"])
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(rest.replace("SELECT max", "SELECT wrong, max").replace("SELECT pg", "SELECT wrong, pg"), ["canary-value"])
    (said,) = [one for one in lines if "slow query" in one["message"] and "wrong" not in one["message"] and "SAVEPOINT" not in one["message"]]  # on a busy machine these take a millisecond too
    assert rest in said["message"] and said["ms"] >= 1 and said["database"] == "default"
    assert "canary" not in json.dumps(lines)
    settings.SLOW_QUERY_MS = 0
    lines.clear()
    with connection.cursor() as cursor:
        cursor.execute(rest, ["x"])
    assert lines == []
