from django.db import migrations

from organizations.pinyin import fill_initials


def fill(apps, schema_editor):
    """The rows that were there before the column."""
    fill_initials(apps.get_model("learning", "StudySession"))
    fill_initials(apps.get_model("learning", "EducationActivity"))


class Migration(migrations.Migration):

    dependencies = [
        ('learning', '0002_initials'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
