"""Fine-tune and measure: ``python train.py``, ``python train.py -m lora.r=8,16,32``. Heavy imports happen inside: --help is quick."""

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

sweeps: set[str] = set()  # folders of the sweeps that this process ran jobs of


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def main(cfg: DictConfig) -> float:
    from cotfaith.run import train

    if HydraConfig.get().mode == RunMode.MULTIRUN:
        sweeps.add(HydraConfig.get().sweep.dir)
    return train(cfg)


if __name__ == "__main__":
    try:
        main()
    finally:  # also when a job failed: Hydra runs the others, then exits with 1
        if sweeps:
            from pathlib import Path

            from cotfaith.report.sweep import summarise

            for folder in sorted(sweeps):
                summarise(Path(folder))
