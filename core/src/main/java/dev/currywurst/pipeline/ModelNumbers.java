package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.List;
import java.util.Optional;

/**
 * The numbers of a pipeline's {@code model_index.json}; empty where it does not say.
 *
 * @param latentMean what Stage C's latents are multiplied with at the end (diffusers' name
 *     misleads)
 * @param latentStd what is subtracted then
 * @param latentScale sides of Stage B's latent for one of Stage C's, {@code latent_dim_scale}
 * @param resolutionMultiple {@code resolution_multiple}, see {@link #RESOLUTION_MULTIPLE}
 * @param naturalSize what the model was trained on; a remark of ours, {@code _natural_size}, as
 *     [width, height]
 */
record ModelNumbers(
    Optional<Double> latentMean,
    Optional<Double> latentStd,
    Optional<Double> latentScale,
    Optional<Double> resolutionMultiple,
    Optional<PictureSize> naturalSize) {
  static final String NATURAL_SIZE = "_natural_size";
  static final double MEAN = 42;
  static final double STD = 1;
  static final double SCALE = 10.67;

  /** Pixels for one of Stage C's; diffusers' rounded number for 4 · 10.67. */
  static final double RESOLUTION_MULTIPLE = 42.67;

  private static final PictureSize PUBLISHED_SIZE = new PictureSize(1024, 1024);

  /** Says nothing: everything is as published. */
  static final ModelNumbers PUBLISHED =
      new ModelNumbers(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  static ModelNumbers read(ConfigFile index) {
    List<Integer> size = index.intList(List.of(), NATURAL_SIZE);
    if (!size.isEmpty() && size.size() != 2) {
      throw new CurrywurstException(
          index.origin() + ": " + NATURAL_SIZE + " must be [width, height].");
    }
    return new ModelNumbers(
        number(index, "latent_mean"),
        number(index, "latent_std"),
        number(index, "latent_dim_scale"),
        number(index, "resolution_multiple"),
        size.isEmpty() ? Optional.empty() : Optional.of(new PictureSize(size.get(0), size.get(1))));
  }

  private static Optional<Double> number(ConfigFile index, String key) {
    return index.has(key) ? Optional.of(index.doubleValue(0, key)) : Optional.empty();
  }

  /** These numbers, replaced by the others where those say something. */
  ModelNumbers with(ModelNumbers others) {
    return new ModelNumbers(
        others.latentMean.or(() -> latentMean),
        others.latentStd.or(() -> latentStd),
        others.latentScale.or(() -> latentScale),
        others.resolutionMultiple.or(() -> resolutionMultiple),
        others.naturalSize.or(() -> naturalSize));
  }

  /** Those of Stage C's pipeline, or of Stage B's; the size, which both may tell, stays. */
  ModelNumbers half(boolean ofPrior) {
    Optional<Double> none = Optional.empty();
    return ofPrior
        ? new ModelNumbers(latentMean, latentStd, none, resolutionMultiple, naturalSize)
        : new ModelNumbers(none, none, latentScale, none, naturalSize);
  }

  double mean() {
    return latentMean.orElse(MEAN);
  }

  double std() {
    return latentStd.orElse(STD);
  }

  double scale() {
    return latentScale.orElse(SCALE);
  }

  double multiple() {
    return resolutionMultiple.orElse(RESOLUTION_MULTIPLE);
  }

  PictureSize size() {
    return naturalSize.orElse(PUBLISHED_SIZE);
  }
}
