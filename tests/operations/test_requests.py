"""The number every request has, and the page for what waited too long."""

import re
import time
import uuid

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts import actions
from accounts.models import SpentToken, User
from operations.here import request_id
from operations.middleware import RequestMiddleware

GIVEN = "0123456789abcdef0123456789abcdef"


def test_every_answer_has_a_number(client, db):
    first, second = (client.get("/accounts/sign-in/")["X-Request-ID"] for _ in range(2))
    assert first != second and re.fullmatch("[0-9a-f]{32}", first)
    assert client.get("/nowhere/", headers={"X-Request-ID": GIVEN})["X-Request-ID"] == GIVEN
    assert client.get("/nowhere/", headers={"X-Request-ID": "x\r\ny" + GIVEN})["X-Request-ID"] != "x\r\ny" + GIVEN


def test_the_number_is_known_while_the_request_is_answered():
    seen = []
    request = RequestFactory().get("/")
    RequestMiddleware(lambda request: seen.append(request_id.get()) or HttpResponse())(request)
    assert seen == [request.number] and request_id.get() == ""


class Cancelled(Exception):
    sqlstate = "57014"


@pytest.mark.parametrize("error", [OperationalError("database is locked"), OperationalError("canceling statement due to statement timeout")])
def test_what_waited_too_long_is_told_so(error):
    error.__cause__ = Cancelled()
    request = RequestFactory().post("/")
    request.number = GIVEN
    answer = RequestMiddleware(None).process_exception(request, error)
    assert answer.status_code == 503
    assert "过一会儿再试" in answer.content.decode() and "编号 01234567）" in answer.content.decode()


@pytest.mark.parametrize(("words", "status", "told"), [("database is locked", 503, "没有改动任何内容"), ("the server closed the connection", 500, "系统出错")])
@pytest.mark.parametrize("where", [(actions, "set_preferences"), (SpentToken, "save")], ids=["deed", "token"])
def test_a_deed_with_a_one_time_token_is_told_so_too(client, db, monkeypatch, where, words, status, told):
    def fail(*args, **facts):
        raise OperationalError(words)

    client.force_login(User.objects.create(username="office", name="沈若川", opened_at=timezone.now()))
    client.raise_request_exception = False
    monkeypatch.setattr(*where, fail)
    answer = client.post("/accounts/preferences/", {"type_size": "larger", "once": str(uuid.uuid4())})
    assert answer.status_code == status
    assert told in answer.content.decode()
    assert ("编号" in answer.content.decode()) == (status == 503)
    assert not SpentToken.objects.exists()


class Broken(Exception):
    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


@pytest.mark.parametrize("state", [None, "08006", "57P01", "57P03"])
@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_told_as_that(kind, state):
    """Without a word on what was done: a connection may break while a deed is being made good."""
    error = kind("the server closed the connection")
    error.__cause__ = Broken(state)
    request = RequestFactory().post("/")
    request.number = GIVEN
    answer = RequestMiddleware(None).process_exception(request, error)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "先核对再办理" in answer.content.decode() and "没有改动任何内容" not in answer.content.decode()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_cut_is_answered_so(client):
    """As when the database is restarted under a page."""
    client.raise_request_exception = False
    client.force_login(User.objects.create(username="office", name="沈若川", opened_at=timezone.now()))
    others = connection.copy()
    cut = lambda execute, sql, params, many, context: (kill(others, connection), execute(sql, params, many, context))[1]  # noqa: E731
    try:
        with connection.execute_wrapper(cut):
            answer = client.get("/accounts/preferences/")
    finally:
        connection.close()
        others.close()
    assert answer.status_code == 503 and "数据库暂时连接不上" in answer.content.decode()
    assert client.get("/accounts/preferences/").status_code == 200


def kill(others, connection) -> None:
    """End the server's side of a connection, once."""
    pid = connection.connection.info.backend_pid
    with others.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    time.sleep(0.2)


def test_other_errors_stay_errors():
    refused = OperationalError("no such table")
    refused.__cause__ = Broken("42P01")
    assert RequestMiddleware(None).process_exception(RequestFactory().get("/"), refused) is None
    assert RequestMiddleware(None).process_exception(RequestFactory().get("/"), OperationalError("the server closed the connection")) is None
    assert RequestMiddleware(None).process_exception(RequestFactory().get("/"), ValueError("database is locked")) is None


@pytest.mark.services
def test_postgresql_s_own_error_is_recognised(db):
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")
        cursor.execute("SELECT pg_sleep(5)")
    request = RequestFactory().get("/")
    request.number = GIVEN
    assert RequestMiddleware(None).process_exception(request, caught.value).status_code == 503
