package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import dev.currywurst.image.RgbaImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A set of pictures, each {@linkplain Preparation#reduce reduced} to what its samples are made of.
 * As many as fit into a quarter of Java's heap stay in memory; the others are read again whenever
 * they are asked for. Which ones these are changes no sample: an order that comes back to each
 * picture only after all others would find nothing in a memory of those that were used last.
 *
 * <p>All are read once at the beginning, so that broken ones are known before the training starts.
 * For any number of threads.
 */
final class ReducedPictures {
  /**
   * Sizes by the pictures' ratios.
   *
   * @param step that all sides are multiples of
   * @param batchSize that a bucket has to fill
   */
  record Buckets(int step, int batchSize) {}

  /** What the first reading tells of a picture. */
  private record Read(Frame size, Frame frame, Optional<Image> reduced) {}

  private final ImageLoader loader;
  private final Preparation preparation;
  private final List<CaptionedImage> sources = new ArrayList<>();
  private final List<Frame> frames;
  private final Optional<AspectBuckets> buckets;
  private final AtomicReferenceArray<Image> memory;
  private final AtomicLong left;
  private final LoadReport report;

  /** Reads all pictures; broken ones are left out. */
  ReducedPictures(List<CaptionedImage> images, Preparation preparation, Optional<Buckets> buckets) {
    this(images, preparation, buckets, ImageLoader.DEFAULT, Runtime.getRuntime().maxMemory() / 4);
  }

  ReducedPictures(
      List<CaptionedImage> images,
      Preparation preparation,
      Optional<Buckets> by,
      ImageLoader loader,
      long mostBytes) {
    this.loader = loader;
    this.preparation = preparation;
    this.left = new AtomicLong(mostBytes);
    List<Frame> sizes =
        by.map(b -> AspectBuckets.sizes(preparation.resolution(), b.step()))
            .orElse(List.of(preparation.square()));
    ImageLoader.Loaded<Read> loaded = loader.load(images, picture -> read(picture, sizes));
    this.report = loaded.report();
    this.memory = new AtomicReferenceArray<>(loaded.samples().size());
    List<Frame> originals = new ArrayList<>();
    List<Frame> first = new ArrayList<>();
    for (ImageLoader.Sample<Read> sample : loaded.samples()) {
      sources.add(sample.source());
      originals.add(sample.picture().size());
      first.add(sample.picture().frame());
    }
    this.buckets = by.map(b -> AspectBuckets.of(originals, weights(), sizes, b.batchSize()));
    this.frames = buckets.map(AspectBuckets::frames).orElse(first);
    for (int i = 0; i < frames.size(); i++) {
      Optional<Image> reduced = loaded.samples().get(i).picture().reduced();
      if (reduced.isPresent() && frames.get(i).equals(first.get(i))) {
        memory.set(i, reduced.get());
      } else {
        reduced.ifPresent(image -> left.addAndGet(bytes(image)));
      }
    }
  }

  private Read read(RgbaImage picture, List<Frame> sizes) {
    Frame size = new Frame(picture.width(), picture.height());
    Frame frame = AspectBuckets.closest(size, sizes);
    Image reduced = preparation.reduce(picture, frame);
    return new Read(size, frame, reserved(reduced) ? Optional.of(reduced) : Optional.empty());
  }

  private boolean reserved(Image reduced) {
    if (left.addAndGet(-bytes(reduced)) >= 0) {
      return true;
    }
    left.addAndGet(bytes(reduced));
    return false;
  }

  private static long bytes(Image image) {
    return 3L * image.width() * image.height();
  }

  /** The number of pictures that could be read. */
  int size() {
    return sources.size();
  }

  /** Where a picture comes from, and what is said about it. */
  CaptionedImage source(int index) {
    return sources.get(index);
  }

  /** The size of a picture's samples. */
  Frame frame(int index) {
    return frames.get(index);
  }

  /** How often each picture is seen. */
  double[] weights() {
    return sources.stream().mapToDouble(CaptionedImage::weight).toArray();
  }

  /** Where pictures are sorted by their ratios: how. */
  Optional<AspectBuckets> buckets() {
    return buckets;
  }

  /**
   * A reduced picture.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if its file is not there any more
   */
  Image picture(int index) {
    Image kept = memory.get(index);
    if (kept != null) {
      return kept;
    }
    Image reduced = preparation.reduce(loader.decode(sources.get(index)), frames.get(index));
    if (reserved(reduced) && !memory.compareAndSet(index, null, reduced)) {
      left.addAndGet(bytes(reduced));
    }
    return reduced;
  }

  /** What could not be read. */
  LoadReport report() {
    return report;
  }
}
