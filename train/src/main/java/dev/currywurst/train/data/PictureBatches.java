package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.random.DataOrder;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Batches of prepared pictures. The next batch is prepared on another thread while the network
 * works on this one; what is in it depends on the step alone.
 */
public final class PictureBatches implements AutoCloseable {
  private static final long MOST_TOGETHER = 16;
  private static final long PIXELS_TOGETHER = 1L << 20;

  /**
   * How pictures become samples.
   *
   * @param preparation size, trimming and augmentation
   * @param recoloured share of samples whose colour channels are exchanged
   * @param variants how many augmented forms of each picture there are, 0 for ever new ones. A
   *     frozen encoder sees each form once if their number is limited.
   */
  public record Plan(Preparation preparation, double recoloured, int variants) {
    /** True if no two forms of a picture differ. */
    boolean isPlain() {
      return recoloured == 0 && preparation.augmentation().equals(Preparation.Augmentation.NONE);
    }

    /** True if the forms of a picture come again, so that what is computed of them can be kept. */
    public boolean repeats() {
      return isPlain() || variants > 0;
    }
  }

  private final ReducedPictures pictures;
  private final Plan plan;
  private final Colouring colouring;
  private final Draws draws;
  private final DataOrder order;
  private final int samplesPerStep;
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "next-batch");
            thread.setDaemon(true);
            return thread;
          });
  private @Nullable Ahead ahead;

  private record Ahead(Part part, CompletableFuture<Batch> batch) {}

  /**
   * Reads all pictures once; broken ones are left out, as {@link #report} tells.
   *
   * @param samplesPerStep of which a {@link Part} holds all or some
   */
  public PictureBatches(List<CaptionedImage> images, Plan plan, Draws draws, int samplesPerStep) {
    this(new ReducedPictures(images, plan.preparation()), plan, draws, samplesPerStep);
  }

  PictureBatches(ReducedPictures pictures, Plan plan, Draws draws, int samplesPerStep) {
    this.pictures = pictures;
    this.plan = plan;
    this.colouring = new Colouring(plan.recoloured());
    this.draws = draws;
    this.order = new DataOrder(draws, pictures.size());
    this.samplesPerStep = samplesPerStep;
  }

  /** The batch of a part of a step, whose pictures are made when they are asked for. */
  public Batch batch(Part part) {
    List<Batch.Sample> batch = new ArrayList<>();
    for (int i = 0; i < part.size(); i++) {
      long place = part.first() + i;
      int index = order.sample(Math.multiplyExact(part.step(), samplesPerStep) + place);
      SplittableRandom random =
          draws.random(Draws.Purpose.AUGMENTATION, part.step(), part.first() + i);
      List<String> choices = pictures.source(index).captions();
      String caption = choices.get(random.nextInt(choices.size()));
      batch.add(augmented(index, caption, random));
    }
    return new Batch(side(), batch);
  }

  /**
   * As {@link #batch}, with all pictures made; those of the part that follows are made meanwhile on
   * another thread.
   */
  public Batch readyBatch(Part part) {
    Ahead prepared = ahead;
    Batch batch =
        prepared != null && prepared.part().equals(part)
            ? awaited(prepared.batch())
            : batch(part).made();
    Part next = following(part);
    ahead = new Ahead(next, CompletableFuture.supplyAsync(() -> batch(next).made(), worker));
    return batch;
  }

  /** A picture that cannot be read any more is as wrong on the other thread as on this one. */
  private static Batch awaited(CompletableFuture<Batch> batch) {
    try {
      return batch.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof CurrywurstException reason ? reason : e;
    }
  }

  private Part following(Part part) {
    long first = part.first() + part.size();
    return first < samplesPerStep
        ? new Part(part.step(), first, part.size())
        : new Part(part.step() + 1, 0, part.size());
  }

  private Batch.Sample augmented(int index, String caption, SplittableRandom random) {
    if (plan.isPlain()) {
      return plain(index, caption);
    }
    String hash = pictures.source(index).contentHash();
    long form;
    Optional<String> key;
    if (plan.variants() > 0) {
      int variant = random.nextInt(plan.variants());
      // The form depends on the picture's content, so it stays the same when others are added.
      long content = Long.parseUnsignedLong(hash.substring(0, 16), 16);
      form = new Draws(0).key(Draws.Purpose.AUGMENTATION, variant, content);
      key = Optional.of(hash + "-" + variant);
    } else {
      form = random.nextLong();
      key = Optional.empty();
    }
    Supplier<float[]> planes =
        () -> {
          SplittableRandom draw = new SplittableRandom(form);
          Image sample = plan.preparation().vary(pictures.picture(index), draw);
          return colouring.apply(sample.planes(), draw);
        };
    return new Batch.Sample(caption, key, planes);
  }

  private Batch.Sample plain(int index, String caption) {
    Optional<String> key = Optional.of(pictures.source(index).contentHash() + "-plain");
    return new Batch.Sample(
        caption, key, () -> plan.preparation().finish(pictures.picture(index)).planes());
  }

  /** The number of pictures. */
  public int size() {
    return pictures.size();
  }

  /** Pixels a side. */
  public int side() {
    return plan.preparation().resolution();
  }

  /**
   * Pictures that go through a network together where nothing is learned: a megapixel, or one
   * picture, so that memory does not grow with the resolution; 16 at most.
   */
  public int together() {
    return (int) Math.max(1, Math.min(MOST_TOGETHER, PIXELS_TOGETHER / ((long) side() * side())));
  }

  /** How pictures become samples. */
  public Plan plan() {
    return plan;
  }

  /** What could not be read. */
  public LoadReport report() {
    return pictures.report();
  }

  /** All captions, each once, in the pictures' order. */
  public List<String> captions() {
    return IntStream.range(0, size())
        .mapToObj(pictures::source)
        .flatMap(source -> source.captions().stream())
        .distinct()
        .toList();
  }

  /** Pictures {@code first} to {@code first + count} with their first captions, as they are. */
  public Batch plain(int first, int count) {
    List<Batch.Sample> batch = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      batch.add(plain(i, pictures.source(i).caption()));
    }
    return new Batch(side(), batch);
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }
}
