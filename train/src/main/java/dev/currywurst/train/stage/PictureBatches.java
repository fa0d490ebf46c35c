package dev.currywurst.train.stage;

import dev.currywurst.image.Image;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.DataOrder;
import dev.currywurst.train.Draws;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageLoader;
import dev.currywurst.train.data.LoadReport;
import dev.currywurst.train.data.Preparation;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Batches of prepared pictures. The next batch is prepared on another thread while the network
 * works on this one; what is in it depends on the step alone.
 */
public final class PictureBatches implements AutoCloseable {
  /**
   * How pictures become samples.
   *
   * @param preparation size, trimming and augmentation
   * @param recoloured share of samples whose colour channels are exchanged
   * @param variants how many augmented forms of each picture there are, 0 for ever new ones. A
   *     frozen encoder sees each form once if their number is limited.
   * @param ahead whether pictures are prepared before they are asked for; not worth it where kept
   *     encoder outputs stand for them
   */
  public record Plan(Preparation preparation, double recoloured, int variants, boolean ahead) {}

  private final List<ImageLoader.Sample<RgbaImage>> samples;
  private final LoadReport report;
  private final Plan plan;
  private final Colouring colouring;
  private final Draws draws;
  private final DataOrder order;
  private final int batchSize;
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "next-batch");
            thread.setDaemon(true);
            return thread;
          });
  private long pendingStep = -1;
  private @Nullable CompletableFuture<Batch> pending;

  /** Decodes all pictures once; broken ones are reported by the loader and left out. */
  PictureBatches(List<CaptionedImage> images, Plan plan, Draws draws, int batchSize) {
    ImageLoader.Loaded<RgbaImage> loaded = ImageLoader.DEFAULT.load(images, Function.identity());
    this.samples = loaded.samples();
    this.report = loaded.report();
    this.plan = plan;
    this.colouring = new Colouring(plan.recoloured());
    this.draws = draws;
    this.order = new DataOrder(draws, samples.size());
    this.batchSize = batchSize;
  }

  /** Captioned pictures that become tensors when they are asked for. */
  public static final class Batch {
    private final int side;
    private final List<String> captions;
    private final List<String> keys;
    private final List<Supplier<float[]>> pictures;

    private Batch(int side) {
      this.side = side;
      this.captions = new ArrayList<>();
      this.keys = new ArrayList<>();
      this.pictures = new ArrayList<>();
    }

    public int size() {
      return captions.size();
    }

    /** Pixels a side. */
    public int side() {
      return side;
    }

    public List<String> captions() {
      return captions;
    }

    /** What names the picture in its augmented form. */
    String key(int sample) {
      return keys.get(sample);
    }

    /** One picture's planes [3][side][side] from 0 to 1. */
    float[] planes(int sample) {
      return pictures.get(sample).get();
    }

    /** All pictures, [B, 3, side, side] from 0 to 1. */
    public Tensor tensor() {
      List<Integer> all = new ArrayList<>();
      for (int i = 0; i < size(); i++) {
        all.add(i);
      }
      return tensor(all);
    }

    /** Some of the pictures. */
    Tensor tensor(List<Integer> some) {
      int each = 3 * side * side;
      float[] values = new float[some.size() * each];
      for (int i = 0; i < some.size(); i++) {
        System.arraycopy(planes(some.get(i)), 0, values, i * each, each);
      }
      return Tensor.of(values, some.size(), 3, side, side);
    }

    private void add(String caption, String key, Supplier<float[]> picture) {
      captions.add(caption);
      keys.add(key);
      pictures.add(picture);
    }
  }

  /** The batch of a step. */
  public Batch batch(long step) {
    Batch batch = pending != null && pendingStep == step ? pending.join() : prepare(step);
    if (plan.ahead()) {
      pendingStep = step + 1;
      pending = CompletableFuture.supplyAsync(() -> prepare(step + 1), worker);
    }
    return batch;
  }

  private Batch prepare(long step) {
    Batch batch = new Batch(plan.preparation().resolution());
    for (int i = 0; i < batchSize; i++) {
      int index = order.sample(Math.multiplyExact(step, batchSize) + i);
      SplittableRandom random = draws.random(Draws.Purpose.AUGMENTATION, step, i);
      List<String> choices = samples.get(index).source().captions();
      String caption = choices.get(random.nextInt(choices.size()));
      addAugmented(batch, index, caption, random);
    }
    return batch;
  }

  private void addAugmented(Batch batch, int index, String caption, SplittableRandom random) {
    ImageLoader.Sample<RgbaImage> sample = samples.get(index);
    String hash = sample.source().contentHash();
    SplittableRandom form = random;
    String key = hash;
    if (plan.variants() > 0) {
      int variant = random.nextInt(plan.variants());
      // The form depends on the picture's content, so it stays the same when others are added.
      long content = Long.parseUnsignedLong(hash.substring(0, 16), 16);
      form = new Draws(0).random(Draws.Purpose.AUGMENTATION, variant, content);
      key = hash + "-" + variant;
    }
    SplittableRandom chosen = form;
    Supplier<float[]> picture =
        () -> colouring.apply(plan.preparation().apply(sample.picture(), chosen).planes(), chosen);
    if (plan.ahead()) {
      float[] planes = picture.get();
      batch.add(caption, key, () -> planes);
    } else {
      batch.add(caption, key, picture);
    }
  }

  /** The number of pictures. */
  public int size() {
    return samples.size();
  }

  /** What could not be read. */
  public LoadReport report() {
    return report;
  }

  /** Pictures {@code first} to {@code first + count} with their first captions, as they are. */
  public Batch plain(int first, int count) {
    Batch batch = new Batch(plan.preparation().resolution());
    for (int i = first; i < first + count; i++) {
      ImageLoader.Sample<RgbaImage> sample = samples.get(i);
      Image image = plan.preparation().apply(sample.picture());
      batch.add(sample.source().caption(), sample.source().contentHash() + "-plain", image::planes);
    }
    return batch;
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }
}
