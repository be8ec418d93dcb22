"""A run's model for plain transformers: ``python -m cotfaith.export RUN OUT``. Heavy imports happen inside; see `cotfaith.exporting`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from cotfaith.report.terminal import show_line
from cotfaith.silence import silently


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m cotfaith.export", description="A run's model for plain transformers.")
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished training run")
    parser.add_argument("out", type=Path, metavar="OUT", help="an empty folder, or one to make")
    parser.add_argument("--questions", type=int, default=32, help="of the test split, to compare the two models on (default: 32)")
    parser.add_argument("--precision", choices=("measured", "float32", "bfloat16"), default="measured", help="of the saved weights")
    parser.add_argument("--push-to-hub", metavar="OWNER/NAME", help="upload OUT to a private repository of the hub; off unless named")
    args = parser.parse_args(arguments)
    try:
        with silently():  # third parties' warnings are nobody's here; a failure comes as an error
            from cotfaith.exporting import export
            from cotfaith.life import quiet

            quiet()
            done = export(args.run, args.out, questions=args.questions, precision=args.precision)
    except (ValueError, OSError) as error:  # bad input: one line
        parser.exit(1, f"{error}\n")
    show_line(f"measured against exported, {done.parity.tokens} tokens of {done.examples} questions:")
    show_line(f"  KL {done.parity.kl:.2g} nats per token, largest difference of a logit {done.parity.logit:.2g}")
    show_line(f"  same likeliest next token {done.parity.likeliest:.4f}, same answer {done.answers:.4f}")
    show_line(str(args.out))
    if args.push_to_hub is not None:
        from huggingface_hub import HfApi

        hub = HfApi()
        hub.create_repo(args.push_to_hub, private=True, exist_ok=True)
        hub.upload_folder(repo_id=args.push_to_hub, folder_path=args.out)


if __name__ == "__main__":
    main()
