"""Only the weights of a scorecard file change: what a person wrote around them stays."""

import re

import pytest

from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.scorecard_file import read_scorecard, reweighed

OWN = """\
# Ours, \u00e9dited by hand.
components:
  'usage':   # what they do
    metrics:
    - metric: "active_user_rate_28d"   # no weight said
      poor: 0.1
      healthy: 0.9
    - {weight: 2.0, metric: stickiness_28d}
    - {metric: licence_utilisation}
    - weight: 1e0
      metric: days_since_value_event
    weight: 30.0 # points
    label: Usage
  people: {label: People, weight: 70, metrics: [{metric: exec_sponsors}, {metric: contacts_90d}]}
bands: {high: 80, medium: 40}
"""


def other_weights(card):
    """The same scorecard with weights that tell each place apart."""
    components = {}
    for place, (name, part) in enumerate(card.components.items(), start=1):
        metrics = tuple(
            one.model_copy(update={"weight": round(place + 0.01 * number, 2)})
            for number, one in enumerate(part.metrics, start=1)
        )
        components[name] = part.model_copy(update={"weight": place * 10.5, "metrics": metrics})
    return card.model_copy(update={"components": components})


def read(tmp_path, text, name="scorecard.yaml"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path, read_scorecard(path, METRICS)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_weights_are_replaced_or_put_in_whatever_the_style(tmp_path, end, mark):
    path, card = read(tmp_path, mark + OWN.replace("\n", end).encode())
    wanted = other_weights(card)
    text = reweighed(path, wanted)
    assert read(tmp_path, text, "new.yaml")[1] == wanted
    assert text.startswith("# Ours, \u00e9dited by hand.")


def test_comments_and_everything_else_stay(tmp_path):
    path, card = read(tmp_path, OWN)
    text = reweighed(path, other_weights(card))
    without = re.compile(r"(, |\n +)?weight: [\d.e]+(, )?")
    assert without.sub("", text) == without.sub("", OWN)
    assert "weight: 10.5 # points" in text
    assert '"active_user_rate_28d"\n      weight: 1.01   # no weight said' in text


def test_the_shipped_scorecard_changes_in_its_weights_alone(tmp_path):
    card = read_scorecard(None, METRICS)
    wanted = other_weights(card)
    same, changed = reweighed(None, card), reweighed(None, wanted)
    assert read(tmp_path, changed)[1] == wanted
    assert read(tmp_path, same, "same.yaml")[1] == card
    lines = zip(same.splitlines(), changed.splitlines(), strict=True)
    assert all("weight: " in new for old, new in lines if old != new)
    assert sum("#" in line for line in changed.splitlines()) == sum(
        "#" in line for line in same.splitlines()
    )


def test_a_weight_is_written_to_its_last_digit(tmp_path):
    path, card = read(tmp_path, OWN)
    part = card.components["usage"].model_copy(update={"weight": 100 / 3})
    wanted = card.model_copy(update={"components": {**card.components, "usage": part}})
    assert read(tmp_path, reweighed(path, wanted), "new.yaml")[1] == wanted
