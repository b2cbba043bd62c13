import pytest

from tests.operations.clusters import cluster


@pytest.fixture(scope="module")
def careless():
    """A PostgreSQL server that may lose what it has acknowledged, with a database `latin` that can't tell characters from bytes."""
    with cluster("fsync = off", "full_page_writes = off") as made:
        made.sql("CREATE DATABASE latin ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        yield made
