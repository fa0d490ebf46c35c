package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;
import static dev.currywurst.cli.FinetuneKnobs.putIf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code finetune}: which pictures are seen, and how they are cut. */
final class PictureKnobs {
  @Option(
      names = "--image-column",
      paramLabel = "NAME",
      description = "Where metadata or Parquet have the picture. Default: the usual names")
  private @Nullable String imageColumn;

  @Option(
      names = "--caption-column",
      paramLabel = "NAME",
      description = "Where they have its caption. Default: the usual names")
  private @Nullable String captionColumn;

  @Option(
      names = "--max-train-samples",
      paramLabel = "N",
      description = "Takes so many pictures alone, from anywhere in the set.")
  private @Nullable Integer most;

  @Option(names = "--random-flip", description = "Mirrors every second picture.")
  private boolean flip;

  @Option(
      names = "--random-crop",
      description = "Cuts the square out of a picture anywhere, and not from its middle.")
  private boolean crop;

  @Option(
      names = "--held-out",
      paramLabel = "SHARE",
      description = "Pictures that are not trained on, to judge by. Default: 0.1")
  private @Nullable Double heldOut;

  @Option(
      names = "--aspect-buckets",
      description = "Samples of several sizes by their pictures' ratios, instead of squares.")
  private boolean buckets;

  @Option(
      names = "--bucket-step",
      paramLabel = "N",
      description = "Their sides are multiples of it. Default: 128, 32 to 64 for small models")
  private @Nullable Integer bucketStep;

  void into(ObjectNode config) {
    ObjectNode json = part(config, "data");
    putIf(json, "aspect_buckets", buckets);
    put(json, "bucket_step", bucketStep);
    put(json, "image_column", imageColumn);
    put(json, "caption_column", captionColumn);
    put(json, "max_train_samples", most);
    put(json, "flip", flip ? 0.5 : null);
    putIf(json, "random_crop", crop);
    put(json, "held_out", heldOut);
  }
}
