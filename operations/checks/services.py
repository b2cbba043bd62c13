"""What stands beside us: Redis, the standby, and the database's clock."""

import logging
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)
SKEW = 5.0  # seconds between our clock and the database's


def complaints(connection) -> Iterator[tuple[str, str]]:
    if settings.REDIS_URL:
        yield from redis_complaints(settings.REDIS_URL)
    if "replica" in connections.databases:
        yield from replica_complaints(connections["replica"])
    skew = clock_skew(connection)
    if abs(skew) > SKEW:
        yield "E033", _("本机的时钟与数据库服务器相差 %(n).0f 秒，期限会算错。请在两台机器上启用时间同步（timedatectl set-ntp true）后重试。") % {"n": abs(skew)}


def replica_complaints(replica) -> Iterator[tuple[str, str]]:
    """One that is down is no reason to stand still: pages are read from the primary then."""
    try:
        with replica.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            is_standby = cursor.fetchone()[0]
    except DatabaseError as error:
        logger.warning("the replica does not answer at the start (%s)", type(error).__name__)
        return
    if not is_standby:
        yield "E034", _("REPLICA_URL 所指的数据库不是只读副本，读到的会是别的内容。请指向用 pg_basebackup -R 建立的流复制备库，或去掉 REPLICA_URL。")


def redis_complaints(url: str) -> Iterator[tuple[str, str]]:
    """Redis is asked once, with two seconds to answer."""
    import redis

    client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2, decode_responses=True)
    try:
        client.ping()
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except redis.ResponseError:  # a hosted Redis may keep CONFIG to itself; then its INFO tells
        policy = client.info("memory").get("maxmemory_policy", "")
    except (redis.RedisError, ValueError) as error:
        yield "E031", _("REDIS_URL 所指的 Redis 没有应答（%(error)s）。请启动 Redis 并核对地址和密码；不用 Redis 就去掉 REDIS_URL。") % {"error": type(error).__name__}
        return
    finally:
        client.close()
    if policy != "noeviction":
        yield "E032", _("Redis 的 maxmemory-policy 是 %(found)s，内存满时会丢掉排队的任务。请执行 redis-cli CONFIG SET maxmemory-policy noeviction，并写进 redis.conf。") % {"found": policy}


def clock_skew(connection) -> float:
    """Seconds by which the database's clock is ahead of ours; nothing for SQLite, which has none of its own."""
    if connection.vendor != "postgresql":
        return 0.0
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs = float(cursor.fetchone()[0])
    return theirs - (before + time.time()) / 2
