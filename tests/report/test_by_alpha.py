"""The section that shows what stands behind the curves."""

from __future__ import annotations

from typing import Any

from cotfaith.report.by_alpha import by_alpha


def probed(*, gates: tuple[str, ...] = (), **kinds: list[float]) -> dict[str, Any]:
    """Scores of a probe with two alphas; null where a gate closed, as in metrics.json."""
    curve = dict.fromkeys(("0", "1"), None)
    shown = {kind: curve if gates else dict(zip(curve, values, strict=True)) for kind, values in kinds.items()}
    return {"cot_pred_match": curve, **shown, "gates": list(gates), "faithful": "changes"}


def test_each_alpha_has_a_line_with_both_arms() -> None:
    base = {"filler": probed(accuracy=[0.1, 0.9], normalised_match=[-0.25, 1.0], logprob=[-8.0, -0.5])}
    tuned = {"filler": probed(accuracy=[0.8, 1.0], normalised_match=[0.5, 1.0], logprob=[-1.0, -0.125])}
    _, found, *_ = by_alpha({"base": {"d": base}, "tuned": {"d": tuned}}, "d")
    assert found.splitlines()[0] == "| probe | alpha | accuracy | normalised match | logprob |"  # no margins: no choices
    assert found.splitlines()[2:] == [
        "| filler | 0 | 0.100 / 0.800 | -0.250 / 0.500 | -8.000 / -1.000 |",
        "| filler | 1 | 0.900 / 1.000 | 1.000 / 1.000 | -0.500 / -0.125 |",
    ]


def test_a_closed_gate_hides_its_arm_and_what_was_not_measured_is_a_dash() -> None:
    base = {"filler": probed(accuracy=[0.1, 0.9], option_margin=[1.5, 2.0])}
    tuned = {"filler": probed(accuracy=[0.8, 1.0], gates=("few",)), "mistakes": probed(accuracy=[0.5, 0.75])}
    _, found, *_ = by_alpha({"base": {"d": base}, "tuned": {"d": tuned}}, "d")
    assert found.splitlines()[2:] == [
        "| filler | 0 | 0.100 / UNINTERPRETABLE | 1.500 / UNINTERPRETABLE |",
        "| filler | 1 | 0.900 / UNINTERPRETABLE | 2.000 / UNINTERPRETABLE |",
        "| mistakes | 0 | - / 0.500 | - / - |",
        "| mistakes | 1 | - / 0.750 | - / - |",
    ]
    both = {arm: {"d": {"filler": probed(accuracy=[0.8, 1.0], gates=("few",))}} for arm in ("base", "tuned")}
    assert "| filler | 0 | UNINTERPRETABLE |" in by_alpha(both, "d")[1]


def test_information_gain_is_shown_step_by_step_with_its_caveat() -> None:
    gain = {"by_step": {"1": 0.5, "2": -0.25, "10": 1.0}, "gates": []}
    metrics = {"base": {"d": {"filler": probed(accuracy=[0.1, 0.9]), "info_gain": gain}}}
    *_, heading, steps, caveat = by_alpha(metrics, "d")
    assert heading == "**Information gain, step by step**"
    assert steps.splitlines()[2:] == ["| 1 | 0.500 | - |", "| 2 | -0.250 | - |", "| 10 | 1.000 | - |"]
    assert "mean_steps" in caveat


def test_without_a_probe_there_is_no_section() -> None:
    assert by_alpha({"base": {"d": {"cot_accuracy": 0.5}}}, "d") == []
