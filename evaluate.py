"""Measure a base model, a run or an adapter: ``python evaluate.py run=DIR``. Heavy imports happen inside: --help is quick."""

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="conf", config_name="evaluate")
def main(cfg: DictConfig) -> None:
    from cotfaith.run import evaluate

    evaluate(cfg)


if __name__ == "__main__":
    main()
