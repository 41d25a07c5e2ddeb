import pytest
from lambdas import import_handlers


@pytest.fixture(scope="session", autouse=True)
def handlers_imported():
    import_handlers()
