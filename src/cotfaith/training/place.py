"""Where in an epoch a run had come that is gone on with, and from where none can be."""

from __future__ import annotations

from collections.abc import Mapping


def check_place(place: Mapping[str, int], *, processes: int, accumulate: int) -> None:
    """Refuse to go on where some rows would be trained on twice and some never.

    place: what `SFTDataModule.state_dict` gave. processes: that train now. accumulate: batches of an optimizer step.

    Raises:
        ValueError: the checkpoint lies between the batches of one optimizer step, whose gradients it does not hold; or another number of
            processes shared the rows out in another way, or it does not say how many they were.
    """
    if "processes" not in place:
        raise ValueError(
            "ckpt_path: expected a checkpoint that says by how many processes it was written, found one of an earlier version, which does "
            "not; begin anew, without resume and ckpt_path"
        )
    if place["processes"] != processes:
        raise ValueError(
            f"ckpt_path: expected to go on with the {place['processes']} processes that the checkpoint was written by, got "
            f"{processes} (trainer.devices, trainer.num_nodes); some rows would be trained on twice and some never"
        )
    if place["batch"] % accumulate:
        raise ValueError(
            f"ckpt_path: expected a checkpoint at the end of an optimizer step of {accumulate} batches, found one "
            f"behind batch {place['batch']} of its epoch; go on from last.ckpt, or validate at whole steps (trainer.val_check_interval)"
        )
