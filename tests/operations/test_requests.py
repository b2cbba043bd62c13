"""The number every request has, and the page for what waited too long."""

import re

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory

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


def test_other_errors_stay_errors():
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
