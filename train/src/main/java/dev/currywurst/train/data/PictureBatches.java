package dev.currywurst.train.data;

import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Batches of prepared pictures. The next ones are prepared on other threads while the network works
 * on this one; what is in them depends on the step alone.
 */
public final class PictureBatches implements AutoCloseable {
  private static final long MOST_TOGETHER = 16;
  private static final long PIXELS_TOGETHER = 1L << 20;

  /** One is not enough where a batch takes longer than a step now and then. */
  private static final int BATCHES_AHEAD = 2;

  /**
   * How pictures become samples.
   *
   * @param preparation size, trimming and augmentation
   * @param recoloured share of samples whose colour channels are exchanged
   * @param variants how many augmented forms of each picture there are, 0 for ever new ones. A
   *     frozen encoder sees each form once if their number is limited.
   * @param bucketStep if present, samples are of several sizes by their pictures' ratios, with
   *     sides that are multiples of it
   */
  public record Plan(
      Preparation preparation, double recoloured, int variants, Optional<Integer> bucketStep) {
    /** All samples are squares. */
    public Plan(Preparation preparation, double recoloured, int variants) {
      this(preparation, recoloured, variants, Optional.empty());
    }

    /** The same with squares alone: for pictures to judge by, which are looked at side by side. */
    public Plan squares() {
      return new Plan(preparation, recoloured, variants);
    }

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
  private final PictureForms forms;
  private final Draws draws;
  private final int samplesPerStep;
  private final SampleOrder order;
  private final ExecutorService workers;
  private final Deque<Ahead> ahead = new ArrayDeque<>();

  private record Ahead(Part part, Supplier<Batch> batch) {}

  /**
   * Reads all pictures once; broken ones are left out, as {@link #report} tells.
   *
   * @param samplesPerStep of which a {@link Part} holds all or some
   */
  public PictureBatches(List<CaptionedImage> images, Plan plan, Draws draws, int samplesPerStep) {
    this(images, plan, draws, samplesPerStep, samplesPerStep);
  }

  /**
   * As above.
   *
   * @param batchSize samples of each part. With buckets every part comes from one of them.
   */
  public PictureBatches(
      List<CaptionedImage> images, Plan plan, Draws draws, int samplesPerStep, int batchSize) {
    this(
        new ReducedPictures(
            images,
            plan.preparation(),
            plan.bucketStep().map(step -> new ReducedPictures.Buckets(step, batchSize))),
        plan,
        draws,
        samplesPerStep,
        ImageLoader.DEFAULT.threads());
  }

  PictureBatches(
      ReducedPictures pictures, Plan plan, Draws draws, int samplesPerStep, int threads) {
    this.pictures = pictures;
    this.plan = plan;
    this.forms = new PictureForms(pictures, plan);
    this.draws = draws;
    this.samplesPerStep = samplesPerStep;
    this.order = SampleOrder.of(pictures, draws, samplesPerStep);
    this.workers =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "next-batch");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** The batch of a part of a step, whose pictures are made when they are asked for. */
  public Batch batch(Part part) {
    List<Batch.Sample> batch = new ArrayList<>();
    Frame frame = plan.preparation().square();
    for (int i = 0; i < part.size(); i++) {
      int index = order.sample(part, i);
      frame = pictures.frame(index);
      SplittableRandom random =
          draws.random(Draws.Purpose.AUGMENTATION, part.step(), part.first() + i);
      List<String> choices = pictures.source(index).captions();
      String caption = choices.get(random.nextInt(choices.size()));
      batch.add(forms.augmented(index, caption, random));
    }
    return new Batch(frame, batch);
  }

  /**
   * As {@link #batch}, with all pictures made; those of the parts that follow are made meanwhile on
   * other threads.
   */
  public Batch readyBatch(Part part) {
    while (!ahead.isEmpty() && !ahead.getFirst().part().equals(part)) {
      ahead.removeFirst();
    }
    if (ahead.isEmpty()) {
      ahead.add(new Ahead(part, begun(part)));
    }
    while (ahead.size() <= BATCHES_AHEAD) {
      Part next = following(ahead.getLast().part());
      ahead.add(new Ahead(next, begun(next)));
    }
    return ahead.removeFirst().batch().get();
  }

  /**
   * A batch for a frozen encoder: where it sees the same forms again and again, pictures are made
   * when they are asked for, and otherwise ahead.
   */
  public Batch nextBatch(Part part) {
    return plan.repeats() ? batch(part) : readyBatch(part);
  }

  /** A batch whose pictures are being made. */
  private Supplier<Batch> begun(Part part) {
    return batch(part).madeBy(workers);
  }

  private Part following(Part part) {
    long first = part.first() + part.size();
    return first < samplesPerStep
        ? new Part(part.step(), first, part.size())
        : new Part(part.step() + 1, 0, part.size());
  }

  /** How many forms of pictures come again and again; 0 if each comes once. */
  public long forms() {
    return forms.count();
  }

  /** Makes all forms that come again, some ahead on other threads. */
  public void eachForm(PictureForms.Taker taker) {
    forms.each(taker, workers);
  }

  /** The number of pictures. */
  public int size() {
    return pictures.size();
  }

  /** Pixels a side of squares, and of the square that other samples have at most as much as. */
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

  /** Which picture becomes a sample of which size; empty if all are squares. */
  public Optional<String> notice() {
    return pictures.buckets().map(AspectBuckets::notice);
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

  /**
   * Pictures {@code first} to {@code first + count} with their first captions, as they are.
   *
   * @throws IllegalArgumentException if they are of several sizes
   */
  public Batch plain(int first, int count) {
    List<Batch.Sample> batch = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      if (!pictures.frame(i).equals(pictures.frame(first))) {
        throw new IllegalArgumentException("pictures of several sizes in one batch");
      }
      batch.add(forms.plain(i, pictures.source(i).caption()));
    }
    return new Batch(pictures.frame(first), batch);
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
