"""Every way to keep a submission apart, and boxes that do."""

import pytest
from support import in_each_way

from tfpg.homework.grading.boxes import Boxes


@pytest.fixture(scope="module", params=in_each_way())
def isolation(request):
    """Every way that this machine offers."""
    return request.param


@pytest.fixture(scope="module")
def boxes(isolation):
    """Those of the whole module: what one submission breaks, a later test finds broken."""
    with Boxes(isolation) as several:
        yield several
