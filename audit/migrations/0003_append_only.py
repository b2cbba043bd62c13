"""Seal what was recorded before there was a chain. The triggers that let it only grow come with the next one: they look at its table."""

from django.db import migrations

from audit.chain import BATCH, seal


def seal_what_is_there(apps, schema_editor):
    connection, last = schema_editor.connection, 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM audit_event WHERE seq IS NULL AND id > %s ORDER BY id LIMIT %s", [last, BATCH])
            pks = [pk for (pk,) in cursor.fetchall()]
        if not pks:
            return
        seal(connection, pks)
        last = pks[-1]


class Migration(migrations.Migration):

    dependencies = [("audit", "0002_chain")]
    operations = [
        migrations.RunPython(seal_what_is_there, migrations.RunPython.noop),
    ]
