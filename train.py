"""Fine-tune and measure: ``python train.py``, ``python train.py -m lora.r=8,16,32``. Heavy imports happen inside: --help is quick."""

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def main(cfg: DictConfig) -> float:
    from cotfaith.ending import in_one_line
    from cotfaith.run import train

    with in_one_line():
        return train(cfg)


if __name__ == "__main__":
    try:
        main()
    finally:  # also when a job failed or was told to stop: Hydra runs the others, then exits with 1
        from cotfaith.sweeping import sweeps

        begun = [
            folder for folder in sweeps if any(folder.glob("**/.hydra/overrides.yaml"))
        ]  # else whatever kept them from running is what is to be seen
        if begun:
            from cotfaith.report.sweep import summarise

            for folder in begun:
                summarise([folder], folder)
