"""A new model becomes the champion only where the evidence says so, beyond noise."""

import pytest

from churngrid.training.evaluation.scorers import Difference
from churngrid.training.registry.promotion import Rivalry, decide

BETTER = Difference(0.10, 0.05, 0.15, 80)
WORSE = Difference(-0.10, -0.15, -0.05, 80)
UNSURE = Difference(0.01, -0.03, 0.05, 80)
TOUCHES = Difference(0.02, 0.0, 0.04, 80)


@pytest.mark.parametrize(
    ("over_base", "rivalry", "alias", "reason"),
    [
        (BETTER, None, "champion", "Better than the base rate: log-loss lower by 0.1000"),
        (UNSURE, None, "challenger", "Not better than the base rate beyond noise: log-loss lower"),
        (TOUCHES, None, "challenger", "Not better than the base rate beyond noise"),
        (WORSE, None, "challenger", "Not better than the base rate beyond noise: log-loss higher"),
        (BETTER, Rivalry(BETTER, BETTER), "champion", "Better than the champion beyond noise"),
        (BETTER, Rivalry(UNSURE, BETTER), "challenger", "Not better than the champion beyond"),
        (BETTER, Rivalry(WORSE, BETTER), "challenger", "Not better than the champion beyond"),
        (BETTER, Rivalry(TOUCHES, BETTER), "challenger", "Not better than the champion beyond"),
        (BETTER, Rivalry(UNSURE, WORSE), "champion", "champion is no longer better than the base"),
        (WORSE, Rivalry(BETTER, WORSE), "challenger", "Not better than the base rate"),
        (BETTER, Rivalry(), "challenger", "the champion stays, for no row is newer"),
        (BETTER, Rivalry(usable=False), "champion", "inputs of the champion are no longer there"),
        (Difference(0.0, 0.0, 0.0, 5), None, "challenger", "log-loss different by 0.0000"),
    ],
)
def test_who_takes_over(
    over_base: Difference, rivalry: Rivalry | None, alias: str, reason: str
) -> None:
    decision = decide(over_base, rivalry)
    assert decision.alias == alias
    assert reason in decision.reason
    assert decision.reason.endswith(".")
