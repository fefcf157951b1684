import pytest

from churngrid.demo import Company, build_company


@pytest.fixture(scope="session")
def company() -> Company:
    return build_company(1500, seed=7)


@pytest.fixture(scope="session")
def blind_company() -> Company:
    return build_company(1500, seed=7, causes=False)
