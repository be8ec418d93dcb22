"""Measure a base model, a run or an adapter: ``python evaluate.py run=DIR``. Heavy imports happen inside: --help is quick."""

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="conf", config_name="evaluate")
def main(cfg: DictConfig) -> None:
    from cotfaith.ending import in_one_line
    from cotfaith.run import evaluate

    with in_one_line():
        evaluate(cfg)


if __name__ == "__main__":
    main()
