"""Units, the cadres in them, their posts, and who holds which role over which subtree."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .pinyin import InitialsField, typed_letters
from .roles import ADMINISTRATORS, ROLE_PERMISSIONS, Permission, Role

STEP = 4  # characters of `path` per level: 36**4 siblings
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def path_step(position: int) -> str:
    """Fixed-width base-36 text of a sibling's position, so that paths sort in 机构序列."""
    out = ""
    for _i in range(STEP):
        position, digit = divmod(position, 36)
        out = DIGITS[digit] + out
    if position:
        raise ValidationError(_("同一上级下的单位过多。"))
    return out


def lineage(*paths: str) -> set[str]:
    """The paths of the units themselves and of every unit above them."""
    return {path[:end] for path in paths for end in range(STEP, len(path) + 1, STEP)}


def within(paths: list[str], field: str) -> Q:
    """Rows whose unit path lies in one of the subtrees. An empty list matches nothing."""
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__gte": path, f"{field}__lt": path + "~"})
    return condition


class UnitQuerySet(models.QuerySet):
    def under(self, unit: "Unit") -> "UnitQuerySet":
        """The unit and everything below it, in 机构序列."""
        return self.filter(within([unit.path], "path")).order_by("path")

    def open_on(self, today: dt.date) -> "UnitQuerySet":
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=today))

    def in_scope(self, user, permission: Permission) -> "UnitQuerySet":
        """Units over which the user holds the permission."""
        return self.filter(within(scope_paths(user, permission), "path"))

    def visible_to(self, user) -> "UnitQuerySet":
        """Units of one's scope; one's own unit is always visible."""
        own = Q(cadres__user=user)
        return self.filter(within(scope_paths(user, Permission.SEE_ORGANIZATIONS), "path") | own).distinct()


class Unit(models.Model):
    """An organ, office, section or street body, in one tree."""

    class Kind(models.TextChoices):
        ORGAN = "organ", _("机关")
        OFFICE = "office", _("内设室")
        SECTION = "section", _("科室")
        STREET = "street", _("街道纪工委")
        OTHER = "other", _("其他")

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级单位"))
    path = models.CharField(max_length=160, unique=True, editable=False)
    code = models.CharField(_("单位编码"), max_length=30, unique=True)
    name = models.CharField(_("单位名称"), max_length=80)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    name_initials = InitialsField(of="name")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind, default=Kind.OTHER, help_text=_("街道纪工委在汇报中单独计数"))
    authorised_posts = models.PositiveIntegerField(_("编制数"), null=True, blank=True)
    opened_on = models.DateField(_("设立日期"), null=True, blank=True)
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True)
    is_demo = models.BooleanField(_("演示"), default=False)
    version = models.PositiveIntegerField(default=1)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("单位")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(name="organizations_unit_not_own_parent", condition=~Q(parent=F("id"))),
        ]
        indexes = [models.Index(fields=["kind", "path", "closed_on"], name="organizations_unit_kinds")]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def depth(self) -> int:
        return len(self.path) // STEP


class KeptCounts(models.Model):
    """Base of counts kept for a block of units (organizations/kept.py)."""

    path = models.CharField(max_length=16)  # of the block's unit: read by its beginning, a unit's number would have to be looked up first
    right_until = models.DateField(_("有效至"), null=True, blank=True)  # the last day on which they stay so without a deed

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.path


class KeptCheck(models.Model):
    """When kept counts of a kind were first made and last compared with the rows, and how many were found different."""

    kind = models.CharField(_("计数"), max_length=80, unique=True)  # label of the model
    built_at = models.DateTimeField(_("建立时间"))
    checked_at = models.DateTimeField(_("核对时间"), null=True, blank=True)
    differences = models.PositiveIntegerField(_("不符"), default=0)

    class Meta:
        verbose_name = _("计数核对")

    def __str__(self) -> str:
        return self.kind


class HeadCount(KeptCounts):
    """干部 in 在编在岗, by block."""

    total = models.PositiveIntegerField()
    street = models.PositiveIntegerField()  # in a street's unit or below one
    organ = models.PositiveIntegerField()  # elsewhere

    class Meta:
        verbose_name = _("人数")
        constraints = [models.UniqueConstraint(fields=["path"], name="organizations_headcount_once")]


class RosterCount(KeptCounts):
    """The roster, by block."""

    roster = models.PositiveIntegerField()  # not left
    established = models.PositiveIntegerField()
    on_duty = models.PositiveIntegerField()
    left = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("名册人数")
        constraints = [models.UniqueConstraint(fields=["path"], name="organizations_rostercount_once")]


class DutyAssignment(models.Model):
    """Which unit carries a duty, e.g. 干部监督, and whether it is there for that duty alone."""

    duty = models.CharField(_("职责"), max_length=60)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="duties", verbose_name=_("承担单位"))
    is_dedicated = models.BooleanField(_("专门机构"), default=False)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("职责承担")
        constraints = [models.UniqueConstraint(fields=["duty", "unit"], name="organizations_duty_once")]

    def __str__(self) -> str:
        return f"{self.duty}：{self.unit}"


class CadreQuerySet(models.QuerySet):
    def serving(self) -> "CadreQuerySet":
        """在编在岗: on the establishment, on duty, not left."""
        return self.filter(on_establishment=True, on_duty=True, left_on__isnull=True)

    def present(self) -> "CadreQuerySet":
        """On the roster: not left."""
        return self.filter(left_on__isnull=True)

    def under(self, unit: Unit) -> "CadreQuerySet":
        return self.filter(within([unit.path], "unit__path"))

    def in_scope(self, user, permission: Permission) -> "CadreQuerySet":
        """Cadres in units over which the user holds the permission."""
        return self.filter(within(scope_paths(user, permission), "unit__path"))

    def found_by(self, text: str) -> "CadreQuerySet":
        """By a part of the name, the start of the staff number, pinyin (linzhixia) or its initials (lzx).

        What is typed in Latin letters and digits is looked for at the beginning of indexed columns only.
        """
        letters = typed_letters(text)
        if not letters:
            return self.filter(Q(name__contains=text) | Q(staff_no__istartswith=text))
        condition = Q(name_initials__startswith=letters)
        for written in {text, text.upper(), text.lower()}:
            condition |= Q(staff_no__startswith=written)
        if letters.isalpha():
            condition |= Q(name_pinyin__startswith=letters[0], name_pinyin__regex="^" + " ?".join(letters))
        return self.filter(condition)

    def visible_to(self, user) -> "CadreQuerySet":
        """Cadres of one's scope, and oneself."""
        mine = within(scope_paths(user, Permission.SEE_ORGANIZATIONS), "unit__path")
        return self.filter(mine if lies_within(user, Permission.SEE_ORGANIZATIONS) else mine | Q(user=user))

    def categories(self) -> list[str]:
        """The 人员类别 that occur among those on the roster, found by leaping along their index from each to the next."""
        here = self.present().order_by("category").values("category")
        first, next_one = here.filter(category__gt="")[:1], here.filter(category__gt=RawSQL("used.label", []))[:1]
        (sql, values), (sql_next, values_next) = first.query.sql_with_params(), next_one.query.sql_with_params()
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"WITH RECURSIVE used(label) AS (SELECT ({sql}) UNION ALL SELECT ({sql_next}) FROM used WHERE used.label IS NOT NULL) SELECT label FROM used WHERE label IS NOT NULL", [*values, *values_next])
            return [label for (label,) in cursor.fetchall()]

    def with_posts(self) -> "CadreQuerySet":
        """With the posts held now as `held`, the main one first."""
        return self.prefetch_related(models.Prefetch("posts", Post.objects.filter(until__isnull=True), to_attr="held"))

    def in_order(self) -> "CadreQuerySet":
        """机构序列, then by name in pinyin."""
        return self.order_by("unit__path", "name_pinyin", "pk")


class Cadre(models.Model):
    """A person of the workforce; not the account, which is optional."""

    staff_no = models.CharField(_("工号"), max_length=30, unique=True, help_text=_("每人一个，不能重复；导入名册按工号认人"))
    name = models.CharField(_("姓名"), max_length=40)
    name_pinyin = models.CharField(_("姓名拼音"), max_length=120, editable=False, db_index=True)
    name_initials = InitialsField(of="name", person=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cadres", verbose_name=_("单位"))
    political_status = models.CharField(_("政治面貌"), max_length=20, blank=True, help_text=_("如“中共党员”"))
    category = models.CharField(_("人员类别"), max_length=30, blank=True, help_text=_("本地分类，如“两专”"))
    on_establishment = models.BooleanField(_("在编"), default=True, help_text=_("占本单位编制"))
    on_duty = models.BooleanField(_("在岗"), default=True, help_text=_("实际在本单位工作；在编又在岗的才列入应交、应到"))
    left_on = models.DateField(_("离任日期"), null=True, blank=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="cadre", verbose_name=_("账号"))
    is_demo = models.BooleanField(_("演示"), default=False)
    version = models.PositiveIntegerField(default=1)

    objects = CadreQuerySet.as_manager()

    class Meta:
        verbose_name = _("干部")
        ordering = ["unit__path", "name_pinyin", "pk"]
        indexes = [models.Index(fields=["category", "unit"], name="organizations_cadre_categories", condition=Q(category__gt="", left_on__isnull=True))]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A post someone holds; a second one at the same time is concurrent (兼)."""

    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="posts", verbose_name=_("干部"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts", verbose_name=_("任职单位"))
    title = models.CharField(_("职务"), max_length=60)
    is_concurrent = models.BooleanField(_("兼任"), default=False)
    since = models.DateField(_("任职日期"), null=True, blank=True)
    until = models.DateField(_("免职日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("职务")
        ordering = ["is_concurrent", "pk"]
        constraints = [
            models.CheckConstraint(name="organizations_post_dates", condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=F("since"))),
        ]

    def __str__(self) -> str:
        return f"{self.unit}{self.title}"


class RoleGrantQuerySet(models.QuerySet):
    def in_force(self, today: dt.date) -> "RoleGrantQuerySet":
        """Begun and not ended; who has left the workforce keeps no role."""
        begun = Q(since__isnull=True) | Q(since__lte=today)
        going = Q(until__isnull=True) | Q(until__gte=today)
        return self.filter(begun, going, user__cadre__left_on__isnull=True)  # also of who stands on no roster

    def for_campaign(self, campaign_id: int | None) -> "RoleGrantQuerySet":
        """Those that count in this campaign; None: in whichever."""
        return self if campaign_id is None else self.filter(Q(campaign_id__isnull=True) | Q(campaign_id=campaign_id))

    def giving(self, permission: Permission, path: str, campaign_id: int | None = None) -> "RoleGrantQuerySet":
        """Those in force today that give the permission over the unit with this path, in this campaign."""
        roles = [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
        return self.in_force(timezone.localdate()).for_campaign(campaign_id).filter(unit__path__in=lineage(path), role__in=roles)


class RoleGrant(models.Model):
    """Someone holds a role over a unit and everything below it, in one campaign or all, from one day to another."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="grants", verbose_name=_("账号"))
    role = models.CharField(_("角色"), max_length=22, choices=Role)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="grants", verbose_name=_("范围（含下级）"))
    campaign_id = models.BigIntegerField(_("限于哪次教育整顿"), null=True, blank=True, help_text=_("不选则各次教育整顿都有效"))  # campaigns lie above: a number, no key
    since = models.DateField(_("起"), null=True, blank=True)
    until = models.DateField(_("止"), null=True, blank=True)
    is_separated = models.BooleanField(_("三员分立"), default=True)  # False: given while the office had too few people to separate them
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=100)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("授权")
        ordering = ["user__username", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "unit"], condition=Q(campaign_id__isnull=True), name="organizations_grant_once"),
            models.UniqueConstraint(fields=["user", "role", "unit", "campaign_id"], condition=Q(campaign_id__isnull=False), name="organizations_grant_once_a_campaign"),
            models.UniqueConstraint(fields=["user"], condition=Q(role__in=ADMINISTRATORS, is_separated=True), name="organizations_one_administrator"),
            models.CheckConstraint(name="organizations_grant_dates", condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=F("since"))),
        ]

    def __str__(self) -> str:
        return f"{self.user}：{self.get_role_display()}（{self.unit}）"


class RosterImportQuerySet(models.QuerySet):
    def visible_to(self, user) -> "RosterImportQuerySet":
        """One's own uploads."""
        return self.filter(uploaded_by=user)


class RosterImport(models.Model):
    """An uploaded roster: looked through first, written only when its uploader confirms what they saw."""

    class State(models.TextChoices):
        CHECKED = "checked", _("待确认")
        REFUSED = "refused", _("有错误，不能导入")
        QUEUED = "queued", _("正在导入")
        DONE = "done", _("已导入")

    file = models.ForeignKey("files.StoredFile", models.PROTECT, related_name="+", verbose_name=_("文件"))
    uploaded_at = models.DateTimeField(_("上传时间"))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("上传人"))
    state = models.CharField(_("状态"), max_length=10, choices=State)
    summary = models.JSONField(_("核对结果"), default=dict)
    digest = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人"))
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(_("导入时间"), null=True, blank=True)

    objects = RosterImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("名册导入")
        ordering = ["-uploaded_at"]
        constraints = [
            models.CheckConstraint(
                name="organizations_import_confirmed",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True) | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="organizations_import_done",
                condition=Q(state="done", done_at__isnull=False, confirmed_at__isnull=False) | (~Q(state="done") & Q(done_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.file.name

    @property
    def may_be_confirmed(self) -> bool:
        """Looked through without faults, with something to write; again if writing broke off. Needs `job` at hand."""
        if self.state == self.State.QUEUED:
            return self.job is not None and self.job.may_be_retried
        return self.state == self.State.CHECKED and bool(self.summary["new"] or self.summary["changed"])


class RosterReading(models.Model):
    """What was read of an uploaded sheet, packed, until it is written: a workbook from outside is opened once. Of each person only the newest."""

    roster = models.OneToOneField(RosterImport, models.CASCADE, primary_key=True, related_name="reading")
    content = models.BinaryField()

    class Meta:
        verbose_name = _("名册读取结果")

    def __str__(self) -> str:
        return str(self.roster)


def scope_paths(user, permission: Permission, campaign_id: int | None = None) -> list[str]:
    """Paths of the subtrees where the user holds the permission today, in this campaign; None: in any.

    Read once per request: the answer is kept on the user object, which lives as long as the request.
    """
    return access_of(user).paths(permission, campaign_id)


def lies_within(user, permission: Permission) -> bool:
    """Whether one's own row needs no mention: one has none, or stands in the scope anyway. A database looks an “or” up row by row."""
    paths = access_of(user).paths_for_all(permission)  # knows the cadre
    cadre = getattr(user, "cadre", None)
    return cadre is None or (bool(paths) and cadre.unit.path.startswith(tuple(paths)))


def reach(user, permission: Permission, *, unit: str, campaign: str) -> Q:
    """Rows the user holds the permission over: the unit (`unit` names its path) in a subtree granted for the row's campaign or for all."""
    access = access_of(user)
    condition = within(access.paths_for_all(permission), unit)
    for campaign_id in access.campaigns(permission):
        condition |= Q(**{campaign: campaign_id}) & within(access.paths(permission, campaign_id), unit)
    return condition


def access_of(user):
    """The user's Access, built from their grants with one query per request."""
    if not hasattr(user, "_access"):
        from .access import Access

        user._access = Access.of(user)
    return user._access
