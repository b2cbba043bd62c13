"""Counts of sessions and who came, kept by block of units (organizations/kept.py)."""

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from organizations.kept import Counter, keeps

from .models import Attendance, AttendanceCount, SessionCount, StudySession

A = Attendance.Status


def _expected(day: dt.date) -> QuerySet:
    return Attendance.objects.filter(session__in=StudySession.objects.held(day))


def _attendance(_day: dt.date) -> dict:
    return {
        "expected": Count("pk"), "present": Count("pk", filter=Q(status=A.PRESENT)), "made_up": Count("pk", filter=Q(status=A.MADE_UP)),
        "missing": Count("pk", filter=Q(status__in=[A.LEAVE, A.ABSENT])),
    }


attendance = keeps(Counter(AttendanceCount, "cadre__unit__path", _expected, _attendance, {"campaign": F("session__campaign")}))
sessions = keeps(Counter(SessionCount, "unit__path", lambda day: StudySession.objects.held(day), lambda _day: {"held": Count("pk")}, {"campaign": F("campaign_id")}))
