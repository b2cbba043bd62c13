from django.db import migrations
from django.utils import timezone


def start_clocks(apps, schema_editor):
    """When older passwords were set is not known: their time begins now. Accounts that can't sign in have none."""
    User = apps.get_model("accounts", "User")
    User.objects.exclude(password__startswith="!").update(password_set_at=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0004_security"),
    ]

    operations = [
        migrations.RunPython(start_clocks, migrations.RunPython.noop),
    ]
