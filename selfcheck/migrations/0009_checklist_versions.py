"""Drafts and published versions; each report stands under a version of its own; what is published never changes."""

import hashlib
import json

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from selfcheck.triggers import install, remove


def digest_what_is_published(apps, schema_editor):
    for version in apps.get_model("selfcheck", "ChecklistVersion").objects.prefetch_related("aspects__questions"):
        version.content_hash = digest(version)
        version.save(update_fields=["content_hash"])


def digest(version) -> str:
    """As it was reckoned when this was written."""
    aspects = [
        {"key": one.key, "label": one.label, "questions": [words(question) for question in sorted(one.questions.all(), key=lambda q: q.order)]}
        for one in sorted(version.aspects.all(), key=lambda one: one.order)
    ]
    text = {"name": version.name, "pledge": version.pledge, "notice": version.notice, "aspects": aspects}
    return hashlib.sha256(json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def words(question) -> dict[str, str]:
    return {name: getattr(question, name) for name in ("key", "text", "help", "evidence", "sensitivity")}


def each_under_its_rounds_version(apps, schema_editor):
    rounds = apps.get_model("selfcheck", "Round").objects.filter(pk=OuterRef("round"))
    apps.get_model("selfcheck", "SelfCheck").objects.update(checklist=Subquery(rounds.values("checklist")[:1]))


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0005_version'),
        ('selfcheck', '0008_answer_snapshots_and_hints'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='checklistversion',
            options={'ordering': [models.OrderBy(models.F('number'), descending=True, nulls_first=True)], 'verbose_name': '检查清单'},
        ),
        migrations.AddField(
            model_name='checklistversion',
            name='content_hash',
            field=models.CharField(blank=True, max_length=64, verbose_name='内容校验值'),
        ),
        migrations.AddField(
            model_name='checklistversion',
            name='version',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='question',
            name='evidence',
            field=models.CharField(blank=True, help_text='什么可以作佐证，如排班表、谈话记录', max_length=200, verbose_name='佐证材料说明'),
        ),
        migrations.AddField(
            model_name='question',
            name='sensitivity',
            field=models.CharField(choices=[('normal', '一般'), ('sensitive', '敏感')], default='sensitive', help_text='敏感的，答案只在人数足够多时汇总，人数少的不显示，免得看出是谁', max_length=10, verbose_name='敏感程度'),
        ),
        migrations.AddField(
            model_name='selfcheck',
            name='checklist',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='selfchecks', to='selfcheck.checklistversion', verbose_name='检查清单'),
        ),
        migrations.RunPython(each_under_its_rounds_version, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name='selfcheck',
            name='checklist',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='selfchecks', to='selfcheck.checklistversion', verbose_name='检查清单'),
        ),
        migrations.AddField(
            model_name='selfcheck',
            name='moved_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='换版时间'),
        ),
        migrations.AlterField(
            model_name='checklistversion',
            name='notice',
            field=models.TextField(blank=True, help_text='第一次填写前给本人看：为什么填、依据什么、谁能看到、保存多久；每条一行，“：”前面是小标题', max_length=3000, verbose_name='填写告知'),
        ),
        migrations.AlterField(
            model_name='checklistversion',
            name='number',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='版本'),
        ),
        migrations.AlterField(
            model_name='checklistversion',
            name='pledge',
            field=models.TextField(max_length=1000, verbose_name='承诺文字'),
        ),
        migrations.AlterField(
            model_name='checklistversion',
            name='published_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='发布时间'),
        ),
        migrations.AlterField(
            model_name='checklistversion',
            name='published_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunPython(digest_what_is_published, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name='checklistversion',
            constraint=models.UniqueConstraint(condition=models.Q(('published_at__isnull', True)), fields=('campaign',), name='selfcheck_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='checklistversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('content_hash', ''), ('number__isnull', True), ('published_at__isnull', True), ('published_by__isnull', True)), models.Q(('number__isnull', False), ('published_at__isnull', False), models.Q(('content_hash', ''), _negated=True)), _connector='OR'), name='selfcheck_checklist_published'),
        ),
        migrations.RunPython(
            lambda apps, schema_editor: install(schema_editor.connection),
            lambda apps, schema_editor: remove(schema_editor.connection),
        ),
    ]
