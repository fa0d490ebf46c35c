"""Reads a run's event files as TensorBoard does, and checks them against the run's own log.

    python read_events.py RUN

RUN is the --output of a training. Prints what TensorBoard shows of it. Fails if a step is missing,
told twice or in another order, or if its loss is not the one in log.jsonl.
"""

import json
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator as PluginEventAccumulator,
)
from tensorboard.util import tensor_util


def main(run):
    logged = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    losses = {line["step"]: line["loss"] for line in logged if "loss" in line and "skipped" not in line}
    held_out = [line for line in logged if "held_out" in line]

    events = EventAccumulator(str(run / "logs"), size_guidance={"scalars": 0, "images": 0}, purge_orphaned_data=True)
    events.Reload()
    tags = events.Tags()
    print("scalars:", ", ".join(sorted(tags["scalars"])))
    shown = [(e.step, e.value) for e in events.Scalars("train/loss")]
    if [step for step, _ in shown] != sorted(losses):
        sys.exit(f"the steps differ: {len(shown)} shown, {len(losses)} logged")
    worst = max(abs(value - losses[step]) / max(1e-9, abs(losses[step])) for step, value in shown)
    print(f"train/loss: steps {shown[0][0]} to {shown[-1][0]}, each once; off by {worst:.1e} at most")
    if worst > 1e-6:
        sys.exit("the losses differ")
    for name in held_out[0]["held_out"] if held_out else []:
        steps = [e.step for e in events.Scalars("held_out/" + name)]
        if steps != [line["step"] for line in held_out]:
            sys.exit(f"held_out/{name}: steps {steps}")
        print(f"held_out/{name}: steps {steps}")
    for tag in sorted(tags["images"]):
        pictures = events.Images(tag)
        steps = [picture.step for picture in pictures]
        if steps != sorted(set(steps)):
            sys.exit(f"{tag}: steps {steps}")
        print(f"{tag}: {pictures[0].width}x{pictures[0].height}, steps {steps}")

    plugins = PluginEventAccumulator(str(run / "logs"))
    plugins.Reload()
    texts = plugins.PluginTagToContent("text")
    for tag in texts:
        value = tensor_util.make_ndarray(plugins.Tensors(tag)[0].tensor_proto)
        print(f"{tag}: {len(value.ravel()[0])} bytes of Markdown")
    if "settings/text_summary" not in texts:
        sys.exit("there is no text of the settings")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
