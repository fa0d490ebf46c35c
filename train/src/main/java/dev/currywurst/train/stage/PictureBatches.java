package dev.currywurst.train.stage;

import dev.currywurst.image.Image;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.DataOrder;
import dev.currywurst.train.Draws;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageLoader;
import dev.currywurst.train.data.Preparation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Batches of prepared pictures. The next batch is prepared on another thread while the network
 * works on this one; what is in it depends on the step alone.
 */
public final class PictureBatches implements AutoCloseable {
  /** A batch: sample i has picture {@code pictures[i]} and caption {@code captions.get(i)}. */
  @SuppressWarnings("ArrayRecordComponent") // a batch is compared with nothing
  public record Batch(float[] pictures, List<String> captions, int size, int side) {
    /** The pictures as [B, 3, side, side] from 0 to 1. */
    public Tensor tensor() {
      return Tensor.of(pictures, size, 3, side, side);
    }
  }

  private final List<ImageLoader.Sample<RgbaImage>> samples;
  private final Preparation preparation;
  private final Colouring colouring;
  private final Draws draws;
  private final DataOrder order;
  private final int batchSize;
  private final ExecutorService ahead =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "next-batch");
            thread.setDaemon(true);
            return thread;
          });
  private long pendingStep = -1;
  private CompletableFuture<Batch> pending = CompletableFuture.failedFuture(new Exception());

  /** Decodes all pictures once; broken ones are reported by the loader and left out. */
  PictureBatches(
      List<CaptionedImage> images,
      Preparation preparation,
      Colouring colouring,
      Draws draws,
      int batchSize) {
    this.samples = ImageLoader.DEFAULT.load(images, Function.identity()).samples();
    this.preparation = preparation;
    this.colouring = colouring;
    this.draws = draws;
    this.order = new DataOrder(draws, samples.size());
    this.batchSize = batchSize;
  }

  /** The batch of a step. */
  public Batch batch(long step) {
    Batch batch = pendingStep == step ? pending.join() : prepare(step);
    pendingStep = step + 1;
    pending = CompletableFuture.supplyAsync(() -> prepare(step + 1), ahead);
    return batch;
  }

  private Batch prepare(long step) {
    int side = preparation.resolution();
    int each = 3 * side * side;
    float[] pictures = new float[batchSize * each];
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < batchSize; i++) {
      ImageLoader.Sample<RgbaImage> sample =
          samples.get(order.sample(Math.multiplyExact(step, batchSize) + i));
      var random = draws.random(Draws.Purpose.AUGMENTATION, step, i);
      Image image = preparation.apply(sample.picture(), random);
      float[] planes = colouring.apply(image.planes(), random);
      System.arraycopy(planes, 0, pictures, i * each, each);
      List<String> choices = sample.source().captions();
      captions.add(choices.get(random.nextInt(choices.size())));
    }
    return new Batch(pictures, captions, batchSize, side);
  }

  /** The number of pictures. */
  public int size() {
    return samples.size();
  }

  /** Picture and caption {@code first} to {@code first + count}, without augmentation. */
  public Batch plain(int first, int count) {
    int side = preparation.resolution();
    int each = 3 * side * side;
    float[] pictures = new float[count * each];
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ImageLoader.Sample<RgbaImage> sample = samples.get(first + i);
      System.arraycopy(preparation.apply(sample.picture()).planes(), 0, pictures, i * each, each);
      captions.add(sample.source().caption());
    }
    return new Batch(pictures, captions, count, side);
  }

  @Override
  public void close() {
    ahead.shutdownNow();
  }
}
