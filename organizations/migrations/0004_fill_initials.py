from django.db import migrations

from organizations.pinyin import fill_initials


def fill(apps, schema_editor):
    """The rows that were there before the column."""
    fill_initials(apps.get_model("organizations", "Unit"))
    fill_initials(apps.get_model("organizations", "Cadre"))


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0003_initials'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
