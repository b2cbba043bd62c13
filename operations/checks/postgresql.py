"""PostgreSQL as a system of records wants it: what was acknowledged survives a crash."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

OLDEST = 140000
ON = ("fsync", "full_page_writes", "synchronous_commit")
FLUSHED = {"on", "remote_apply"}  # of synchronous_commit; the others of the two have no remote_apply
MEND = {
    "fsync": "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()",
    "full_page_writes": "ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf()",
    "synchronous_commit": "ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf()",
}


def complaints(connection) -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [[*ON, "server_version_num", "server_encoding", "TimeZone", "server_version"]])
        found = dict(cursor.fetchall())
    if int(found["server_version_num"]) < OLDEST:
        yield "E011", _("PostgreSQL %(found)s 太旧，需要 %(least)s 或更新。请升级数据库服务。") % {"found": found["server_version"], "least": OLDEST // 10000}
    for name in ON:
        if found[name] not in FLUSHED:
            yield "E012", _("PostgreSQL 的 %(name)s 是 %(found)s，断电会丢失已办成的事。请由数据库管理员执行 %(mend)s 后重启本平台；库或用户另有设置的，用 ALTER DATABASE 或 ALTER ROLE 的 RESET 去掉。") % {"name": name, "found": found[name], "mend": MEND[name]}
    if found["server_encoding"] != "UTF8":
        yield "E013", _("数据库的编码是 %(found)s，存不全汉字。请用 CREATE DATABASE 库名 ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0 新建数据库。") % {"found": found["server_encoding"]}
    if found["TimeZone"] != connection.timezone_name:
        yield "E014", _("数据库连接的时区是 %(found)s，应为 %(wanted)s，期限会算错。请去掉 DATABASE_URL 中的 timezone 选项；经过连接池的，请改为会话模式（session）。") % {"found": found["TimeZone"], "wanted": connection.timezone_name}
