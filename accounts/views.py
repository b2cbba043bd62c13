"""Sign-in with both factors, one's own password, security and preferences, one's inbox."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from . import actions, kept, second_factor, sessions
from .forms import CodeForm, ConfirmForm, EnrolForm, OwnPasswordForm, PreferencesForm, SignInForm, TurnOffForm, attempt
from .middleware import keeps_refusals, public
from .pages import confirm_page, go_on, second_step_page, sign_in_page
from .passwords import rules
from .reauth import recently_signed_in

# --- signing in and out ---


@public
@require_http_methods(["GET", "POST"])
def sign_in(request) -> HttpResponse:
    held = kept.read(request.POST.get("kept", ""))
    if request.user.is_authenticated:
        return go_on(request, held) if held else redirect(settings.LOGIN_REDIRECT_URL)
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        sessions.begin(request, form.get_user(), timezone.now())
        return go_on(request, held)
    if request.method == "POST":
        _note_refusal(request, request.POST.get("username", ""))
    return sign_in_page(request, form, target=request.POST.get("next") or request.GET.get("next", ""), held=held)


def _note_refusal(request, username: str) -> None:
    """Passwords that were looked at; while signing in is locked none is, and the lock stands in the log already."""
    if not getattr(request, "axes_locked_out", False):
        actions.refuse_sign_in(username=username, by=request.user if request.user.is_authenticated else None, at=timezone.now())


@public
@require_POST
def sign_out(request) -> HttpResponse:
    """Also for a session that ran out meanwhile: nothing is left to do then."""
    if request.user.is_authenticated:
        sessions.leave(request, timezone.now())
    answer = redirect(settings.LOGOUT_REDIRECT_URL)
    if request.is_secure():  # browsers obey it over HTTPS only
        answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@keeps_refusals
@require_http_methods(["GET", "POST"])
def second_step(request) -> HttpResponse:
    held = kept.read(request.POST.get("kept", ""))
    if not sessions.owes_second_step(request):
        return go_on(request, held)
    form, now = CodeForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        kind = actions.pass_second_step(request.user, code=form.cleaned_data["code"], at=now)
        if kind:
            sessions.confirm_second_step(request)
            _say_codes_left(request, kind)
            return go_on(request, held)
        form.add_error("code", _code_refused(request.user, now))
    target = request.POST.get("next") or request.GET.get("next", "")
    return second_step_page(request, form=form, target=target, held=held)


def _say_codes_left(request, kind: str) -> None:
    left = request.user.recovery_codes.count()
    if kind == "recovery":
        messages.warning(request, _("用掉了一个恢复码，还剩 %(n)s 个。手机丢了的，请到“安全设置”重新生成，并请系统管理员解除第二因素。") % {"n": left})


def _code_refused(user, now) -> str:
    if second_factor.is_lost(user):
        return _("这个账号的验证器已经失效，验证码不再有用。请填一个恢复码，或请系统管理员解除第二因素，再用密码登录后重新启用。")
    wait = second_factor.seconds_to_wait(user, now)
    return _("验证码不对，请在 %(n)s 秒后用新的再试。") % {"n": wait} if wait else _("验证码不对或已经用过，请等下一个再填。")


@keeps_refusals
@require_http_methods(["GET", "POST"])
def confirm(request) -> HttpResponse:
    """The password again, before something sensitive."""
    held = kept.read(request.POST.get("kept", ""))
    form = ConfirmForm(request, request.POST if "password" in request.POST else None)
    if form.is_bound and form.is_valid():
        sessions.confirm_password(request, timezone.now())
        return go_on(request, held)
    if form.is_bound:
        _note_refusal(request, request.user.username)
    return confirm_page(request, form=form, target=request.POST.get("next") or request.GET.get("next", ""), held=held)


@require_POST
def alive(request) -> HttpResponse:
    """Somebody is typing: the middleware has noted it."""
    return HttpResponse(status=204)


# --- one's own password and second factor ---


@keeps_refusals
@require_http_methods(["GET", "POST"])
def password_change(request) -> HttpResponse:
    form, now = OwnPasswordForm(request, request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        actions.set_password(request.user, password=form.cleaned_data["new_password1"], by=request.user, at=now, staying=sessions.row_of(request))
        sessions.keep_after_password_change(request, now)
        messages.success(request, _("密码已修改，其他地方的登录都已退出。"))
        return redirect(settings.LOGIN_REDIRECT_URL)
    first = request.user.must_change_password
    return render(request, "accounts/password_change.html", {"form": form, "rules": rules(), "first": first, "due": not first and request.user.password_due(now)})


@require_GET
def security(request) -> HttpResponse:
    user, now = request.user, timezone.now()
    left = user.recovery_codes.count() if user.second_factor_at else 0
    set_on = timezone.localdate(user.password_set_at) if user.password_set_at else None
    days = settings.PASSWORD_MAX_DAYS
    return render(request, "accounts/security.html", {
        "codes_left": left, "must_use": second_factor.must_use(user), "sign_ins": user.sign_ins.in_force(now), "here": request.session.get(sessions.SIGN_IN),
        "password_age": (timezone.localdate(now) - set_on).days if set_on else None, "max_days": days if not user.is_demo else None,
    })  # fmt: skip


@keeps_refusals
@require_http_methods(["GET", "POST"])
@recently_signed_in
def enrol(request) -> HttpResponse:
    """Take an authenticator into use; the answer to the right code shows the recovery codes, once."""
    user = request.user
    if user.second_factor_at is not None:
        return redirect("accounts:security")
    form = EnrolForm(request.POST or None, initial={"draft": second_factor.new_draft(user)})
    key = second_factor.key_of(form["draft"].value() or "", user)
    if key is None:
        messages.info(request, _("页面停留过久，请重新扫码。"))
        return redirect("accounts:enrol")
    if request.method == "POST" and form.is_valid() and attempt(form, actions.enrol_second_factor, user, key=key, code=second_factor.normal(form.cleaned_data["code"]), at=timezone.now()):
        sessions.confirm_second_step(request)
        return render(request, "accounts/recovery_codes.html", {"codes": form.result, "enrolled": True})
    return render(request, "accounts/enrol.html", {
        "form": form, "picture": second_factor.picture(user, key), "secret": second_factor.secret_words(key), "must_use": second_factor.must_use(user),
    })  # fmt: skip


@keeps_refusals
@require_http_methods(["GET", "POST"])
@recently_signed_in
def recovery_codes(request) -> HttpResponse:
    """New recovery codes; they stand in the answer to the POST and nowhere else."""
    if request.user.second_factor_at is None:
        return redirect("accounts:security")
    codes = actions.renew_recovery_codes(request.user, at=timezone.now()) if request.method == "POST" else []
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "left": request.user.recovery_codes.count()})


@keeps_refusals
@require_http_methods(["GET", "POST"])
@recently_signed_in
def turn_off(request) -> HttpResponse:
    user, now = request.user, timezone.now()
    if user.second_factor_at is None or second_factor.must_use(user):
        messages.info(request, _("没有可以停用的第二因素，或您的角色必须使用。"))
        return redirect("accounts:security")
    form = TurnOffForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if actions.pass_second_step(user, code=form.cleaned_data["code"], at=now):
            actions.drop_second_factor(user, by=user, at=now)
            messages.success(request, _("第二因素已停用，以后登录只用密码。"))
            return redirect("accounts:security")
        form.add_error("code", _code_refused(user, now))
    return render(request, "accounts/turn_off.html", {"form": form})


@require_POST
def sign_in_end(request, pk) -> HttpResponse:
    """End one of one's own sign-ins elsewhere."""
    row = get_object_or_404(request.user.sign_ins, pk=pk)
    return _end(request, [row])


@require_POST
def sign_ins_end(request) -> HttpResponse:
    """End all of one's sign-ins but this one."""
    return _end(request, request.user.sign_ins.in_force(timezone.now()).exclude(pk=request.session.get(sessions.SIGN_IN)))


def _end(request, rows) -> HttpResponse:
    ended = actions.end_sign_ins(rows, by=request.user, at=timezone.now())
    messages.success(request, _("已退出 %(n)s 处登录。") % {"n": ended})
    return redirect("accounts:security")


# --- preferences, introduction, inbox ---


@require_http_methods(["GET", "POST"])
def preferences(request) -> HttpResponse:
    initial = {name: getattr(request.user, name) for name in PreferencesForm.Meta.fields}
    form = PreferencesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and attempt(form, actions.set_preferences, user=request.user, at=timezone.now(), **form.cleaned_data):
        messages.success(request, _("阅读偏好已保存。"))
        return redirect("accounts:preferences")
    return render(request, "accounts/preferences.html", {"form": form})


@require_POST
def tour_end(request) -> HttpResponse:
    actions.end_tour(user=request.user, at=timezone.now())
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_POST
def tour_restart(request) -> HttpResponse:
    actions.restart_tour(user=request.user)
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_GET
def inbox(request) -> HttpResponse:
    notices = request.user.notices.all()[:100]
    return render(request, "accounts/inbox.html", {"notices": notices, "unread": request.user.notices.unread().count()})


@require_POST
def inbox_read(request) -> HttpResponse:
    actions.read_notices(request.user, at=timezone.now())
    return redirect("accounts:inbox")
