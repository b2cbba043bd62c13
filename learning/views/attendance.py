"""Who came, who made it up, and what one writes afterwards."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import attempt
from organizations.access import requires
from organizations.models import access_of
from organizations.roles import Permission as P

from ..actions import make_up_session, record_attendance, submit_reflection
from ..forms import AttendanceForm, MakeUpForm, ReflectionForm
from ..models import Attendance, Reflection, StudySession


@requires(P.RUN_LEARNING)
@require_http_methods(["GET", "POST"])
def attendance_form(request, pk: int) -> HttpResponse:
    session = get_object_or_404(StudySession.objects.visible_to(request.user).select_related("unit"), pk=pk)
    if not access_of(request.user).may_at(P.RUN_LEARNING, session.unit.path, session.campaign_id):
        raise PermissionDenied
    form = AttendanceForm(request.POST or None, session=session)
    if request.method == "POST" and form.is_valid() and attempt(form, record_attendance, session, marks=form.marks(), version=form.cleaned_data["version"], by=request.user, at=timezone.now()):
        messages.success(request, _("考勤已保存，共 %(n)s 人。") % {"n": form.result})
        return redirect("learning:session_detail", session.pk)
    return render(request, "learning/attendance_form.html", {"form": form, "session": session}, status=form.status)


@requires(P.SEE_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def make_up(request, pk: int) -> HttpResponse:
    """A cadre marks their own make-up; who runs the teaching marks those of their scope."""
    rows = Attendance.objects.visible_to(request.user).select_related("session", "cadre__unit").prefetch_related("session__topics__file")
    row = get_object_or_404(rows, pk=pk)
    own = row.cadre.user_id == request.user.pk
    if not own and not access_of(request.user).may_at(P.RUN_LEARNING, row.cadre.unit.path, row.session.campaign_id):
        raise PermissionDenied
    form = MakeUpForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid() and attempt(form, make_up_session, row, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("已登记%(name)s补学“%(title)s”。") % {"name": row.cadre, "title": row.session})
        return redirect("learning:session_list") if own else redirect("learning:session_detail", row.session_id)
    return render(request, "learning/make_up.html", {"form": form, "row": row, "own": own}, status=form.status)


@requires(P.SEE_CAMPAIGN)
@require_http_methods(["GET", "POST"])
def reflection_form(request, pk: int) -> HttpResponse:
    """One's own 心得, written or replaced."""
    if not access_of(request.user).is_cadre:
        raise PermissionDenied
    session = get_object_or_404(StudySession.objects.visible_to(request.user).filter(is_held=True), pk=pk)
    cadre = request.user.cadre
    before = session.reflections.filter(cadre=cadre).first()
    form = ReflectionForm(request.POST or None, row=before or Reflection(session=session, cadre=cadre, version=0))
    if request.method == "POST" and form.is_valid() and attempt(form, submit_reflection, session, cadre=cadre, **form.cleaned_data, by=request.user, at=timezone.now()):
        messages.success(request, _("心得已提交。"))
        return redirect("learning:session_detail", session.pk)
    return render(request, "learning/reflection_form.html", {"form": form, "session": session, "before": before}, status=form.status)
