"""A new model becomes the champion unless it is worse, beyond noise."""

import pytest

from churngrid.training.evaluation.scorers import Difference
from churngrid.training.registry.promotion import decide

BETTER = Difference(0.10, 0.05, 0.15, 80)
WORSE = Difference(-0.10, -0.15, -0.05, 80)
UNSURE = Difference(-0.01, -0.05, 0.03, 80)


@pytest.mark.parametrize(
    ("over_base", "over_old", "alias", "reason"),
    [
        (BETTER, None, "champion", "Better than the base rate: log-loss lower by 0.1000"),
        (BETTER, BETTER, "champion", "Not worse than the champion beyond noise"),
        (BETTER, UNSURE, "champion", "Not worse than the champion beyond noise"),
        (BETTER, WORSE, "challenger", "Worse than the champion beyond noise"),
        (WORSE, None, "challenger", "Not better than the base rate: log-loss higher by 0.1000"),
        (WORSE, BETTER, "challenger", "Not better than the base rate"),
        (Difference(0.0, 0.0, 0.0, 5), None, "challenger", "log-loss different by 0.0000"),
    ],
)
def test_who_takes_over(
    over_base: Difference, over_old: Difference | None, alias: str, reason: str
) -> None:
    decision = decide(over_base, over_old)
    assert decision.alias == alias
    assert reason in decision.reason
    assert decision.reason.endswith(".")
