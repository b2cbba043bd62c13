"""The cache in Redis, which a page must never die of: without Redis everything is as if it had not been kept."""

import logging
import time

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

PAUSE = 10.0  # seconds in which a Redis that didn't answer isn't asked again by this process


class ForgivingClient(RedisCacheClient):
    """Reads find nothing and writes keep nothing while Redis is away. What waits for it: half a second, once in PAUSE."""

    def __init__(self, servers, **options):
        super().__init__(servers, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0), **options)
        self.away_until = 0.0

    def _ask(self, method: str, missing, *args):
        if time.monotonic() < self.away_until:
            return missing
        try:
            return getattr(RedisCacheClient, method)(self, *args)
        except RedisError as error:
            self.away_until = time.monotonic() + PAUSE
            logger.warning("the cache does not answer, pages go on without it: %s", error)
            return missing

    def add(self, key, value, timeout):
        return self._ask("add", False, key, value, timeout)

    def get(self, key, default):
        return self._ask("get", default, key, default)

    def set(self, key, value, timeout):
        self._ask("set", None, key, value, timeout)

    def touch(self, key, timeout):
        return self._ask("touch", False, key, timeout)

    def delete(self, key):
        return self._ask("delete", False, key)

    def get_many(self, keys):
        return self._ask("get_many", {}, keys)

    def has_key(self, key):
        return self._ask("has_key", False, key)

    def incr(self, key, delta):
        found = self._ask("incr", None, key, delta)
        if found is None:
            raise ValueError(f"Key '{key}' not found.")  # what Django's cache says of a key that isn't there
        return found

    def set_many(self, data, timeout):
        self._ask("set_many", None, data, timeout)

    def delete_many(self, keys):
        self._ask("delete_many", None, keys)

    def clear(self):
        return self._ask("clear", False)


class ForgivingRedisCache(RedisCache):
    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = ForgivingClient
