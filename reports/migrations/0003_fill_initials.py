from django.db import migrations

from organizations.pinyin import fill_initials


def fill(apps, schema_editor):
    """The rows that were there before the column."""
    fill_initials(apps.get_model("reports", "Briefing"))


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0002_initials'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
