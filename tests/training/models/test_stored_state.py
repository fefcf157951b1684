import pytest
from pydantic import ValidationError

from churngrid.training.models.stored_state import StoredCurve, StoredReference


def test_a_reference_has_a_share_for_every_knot():
    assert StoredReference(knots=[1.0, 2.0], reached=[0.5, 1.0], missing=0.0)
    with pytest.raises(ValidationError, match="`reached` must be as many as `knots`"):
        StoredReference(knots=[1.0, 2.0], reached=[0.5], missing=0.0)


def test_a_curve_has_a_height_for_every_knot():
    with pytest.raises(ValidationError, match="`heights` must be as many as `knots`"):
        StoredCurve(knots=[1.0, 2.0], heights=[0.5], missing=0.0, level=False)


@pytest.mark.parametrize("knots", [[2.0, 1.0], [1.0, 1.0]])
def test_the_knots_of_a_curve_rise(knots):
    with pytest.raises(ValidationError, match="`knots` must rise"):
        StoredCurve(knots=knots, heights=[0.5, 0.1], missing=0.0, level=False)
