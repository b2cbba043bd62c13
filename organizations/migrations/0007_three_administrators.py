"""Grants may be limited to a campaign; the one administrator becomes three who exclude each other."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from organizations.roles import Role

ADMINISTRATORS = ["system_administrator", "security_administrator", "audit_administrator"]


def divide_administrator(apps, schema_editor):
    """Who was the one administrator keeps the accounts; of several grants the outermost stays.

    Roles and log need two more people: `manage.py appoint` names them.
    """
    RoleGrant = apps.get_model("organizations", "RoleGrant")
    seen = set()
    for grant in RoleGrant.objects.filter(role="administrator").select_related("unit").order_by("unit__path"):
        if grant.user_id in seen:
            grant.delete()
        else:
            grant.role = "system_administrator"
            grant.save(update_fields=["role"])
            seen.add(grant.user_id)


class Migration(migrations.Migration):
    dependencies = [("organizations", "0006_version"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField("rolegrant", "campaign_id", models.BigIntegerField(blank=True, help_text="不选则各次教育整顿都有效", null=True, verbose_name="限于哪次教育整顿")),
        migrations.AddField("rolegrant", "is_separated", models.BooleanField(default=True, verbose_name="三员分立")),
        migrations.AlterField("rolegrant", "role", models.CharField(choices=Role.choices, max_length=22, verbose_name="角色")),
        migrations.RunPython(divide_administrator, migrations.RunPython.noop),
        migrations.RemoveConstraint("rolegrant", "organizations_grant_once"),
        migrations.AddConstraint("rolegrant", models.UniqueConstraint(condition=Q(campaign_id__isnull=True), fields=("user", "role", "unit"), name="organizations_grant_once")),
        migrations.AddConstraint("rolegrant", models.UniqueConstraint(condition=Q(campaign_id__isnull=False), fields=("user", "role", "unit", "campaign_id"), name="organizations_grant_once_a_campaign")),
        migrations.AddConstraint("rolegrant", models.UniqueConstraint(condition=Q(is_separated=True, role__in=ADMINISTRATORS), fields=("user",), name="organizations_one_administrator")),
    ]
