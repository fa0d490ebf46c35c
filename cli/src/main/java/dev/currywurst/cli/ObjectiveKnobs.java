package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code finetune}: what is learned of a picture, and what stays as it is. */
final class ObjectiveKnobs {
  @Option(
      names = "--freeze",
      paramLabel = "PATTERN",
      split = ",",
      description = "Of what is trained, weights that stay as they are; spelled as for --train.")
  private @Nullable List<String> freeze;

  @Option(
      names = "--loss-weighting",
      paramLabel = "NAME",
      description =
          "How much a noise level's error counts: p2 (as Stage C was trained; the default), plain"
              + " (diffusers' script), min_snr or adaptive (Stable Cascade's).")
  private @Nullable String weighting;

  @Option(
      names = "--timestep-stretch",
      paramLabel = "X",
      description = "Draws noise levels from 0 to X and clamps them to 1. Default: 1.08")
  private @Nullable Double stretch;

  @Option(
      names = "--caption-dropout",
      paramLabel = "SHARE",
      description = "Samples that are shown without their caption, for guidance. Default: 0.05")
  private @Nullable Double captionDropout;

  @Option(
      names = "--snr-gamma",
      paramLabel = "X",
      description = "Of the weighting min_snr, which it chooses; 5 in its paper.")
  private @Nullable Double gamma;

  @Option(
      names = "--noise-offset",
      paramLabel = "X",
      description = "Noise that is the same all over a channel; 0.1 is usual. Default: none")
  private @Nullable Double noiseOffset;

  @Option(
      names = "--input-perturbation",
      paramLabel = "X",
      description = "More noise that is not to be predicted; 0.1 is usual. Default: none")
  private @Nullable Double perturbation;

  void into(ObjectNode config) {
    ObjectNode json = part(config, "objective");
    put(json, "loss_weighting", weighting);
    put(json, "snr_gamma", gamma);
    put(json, "noise_offset", noiseOffset);
    put(json, "input_perturbation", perturbation);
    put(json, "timestep_stretch", stretch);
    put(json, "caption_dropped", captionDropout);
    put(json, "freeze", freeze);
  }
}
