package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A set of pictures, each {@linkplain Preparation#reduce reduced} to what its samples are made of.
 * As many as fit into a quarter of Java's heap stay in memory; the others are read again whenever
 * they are asked for. Which ones these are changes no sample.
 *
 * <p>All are read once at the beginning, so that broken ones are known before the training starts.
 * For any number of threads.
 */
final class ReducedPictures {
  private final ImageLoader loader;
  private final Preparation preparation;
  private final List<ImageLoader.Sample<Optional<Image>>> samples;
  private final LoadReport report;

  /** Reads all pictures; broken ones are left out. */
  ReducedPictures(List<CaptionedImage> images, Preparation preparation) {
    this(images, preparation, ImageLoader.DEFAULT, Runtime.getRuntime().maxMemory() / 4);
  }

  ReducedPictures(
      List<CaptionedImage> images, Preparation preparation, ImageLoader loader, long mostBytes) {
    this.loader = loader;
    this.preparation = preparation;
    AtomicLong left = new AtomicLong(mostBytes);
    ImageLoader.Loaded<Optional<Image>> loaded =
        loader.load(
            images,
            picture -> {
              Image reduced = preparation.reduce(picture);
              long bytes = 3L * reduced.width() * reduced.height();
              if (left.addAndGet(-bytes) >= 0) {
                return Optional.of(reduced);
              }
              left.addAndGet(bytes);
              return Optional.empty();
            });
    this.samples = loaded.samples();
    this.report = loaded.report();
  }

  /** The number of pictures that could be read. */
  int size() {
    return samples.size();
  }

  /** Where a picture comes from, and what is said about it. */
  CaptionedImage source(int index) {
    return samples.get(index).source();
  }

  /**
   * A reduced picture.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if its file is not there any more
   */
  Image picture(int index) {
    ImageLoader.Sample<Optional<Image>> sample = samples.get(index);
    return sample
        .picture()
        .orElseGet(() -> preparation.reduce(loader.decode(sample.source())));
  }

  /** What could not be read. */
  LoadReport report() {
    return report;
  }
}
