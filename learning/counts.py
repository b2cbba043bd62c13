"""Counts of sessions and who came, kept by block of units (organizations/kept.py)."""

import datetime as dt

from django.db.models import DateField, F, Func, Min, Q, QuerySet

from organizations.kept import Counter, keeps

from .models import Attendance, AttendanceCount, SessionCount, StudySession, comings, states


def _expected(day: dt.date) -> QuerySet:
    return Attendance.objects.filter(session__in=StudySession.objects.held(day))


class DayBefore(Func):
    """A date, one day earlier."""

    output_field = DateField()
    template = "(%(expressions)s - 1)"

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="date(%(expressions)s, '-1 day')", **context)


def _next_session(day: dt.date) -> DayBefore:
    """On the day of the nearest session to come one more waits for its attendance."""
    return DayBefore(Min("held_on", filter=Q(held_on__gt=day, is_held=False)))


attendance = keeps(Counter(AttendanceCount, "cadre__unit__path", _expected, lambda _day: comings(), {"campaign": F("session__campaign")}))
sessions = keeps(Counter(SessionCount, "unit__path", lambda _day: StudySession.objects.all(), states, {"campaign": F("campaign_id")}, _next_session))
