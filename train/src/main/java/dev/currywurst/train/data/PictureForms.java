package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import dev.currywurst.train.random.Draws;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The forms that a {@link PictureBatches.Plan} shows pictures in: cut, mirrored, recoloured. */
public final class PictureForms {
  private static final int AHEAD = 8;

  /** What is done with one form after another. */
  public interface Taker {
    /** False for a form that need not be made. */
    boolean wants(String key);

    /**
     * Takes a form.
     *
     * @param form a batch of one
     * @param done forms that are behind, this one and those that nobody wanted among them
     * @return false to stop
     */
    boolean take(Batch form, long done);
  }

  private final ReducedPictures pictures;
  private final PictureBatches.Plan plan;
  private final Colouring colouring;

  PictureForms(ReducedPictures pictures, PictureBatches.Plan plan) {
    this.pictures = pictures;
    this.plan = plan;
    this.colouring = new Colouring(plan.recoloured());
  }

  /** A form that a picture is seen in, drawn at random. */
  Batch.Sample augmented(int index, String caption, SplittableRandom random) {
    if (plan.isPlain()) {
      return plain(index, caption);
    }
    if (plan.variants() > 0) {
      return variant(index, caption, random.nextInt(plan.variants()));
    }
    return formed(index, caption, random.nextLong(), Optional.empty());
  }

  /** The form depends on the picture's content, so it stays the same when others are added. */
  private Batch.Sample variant(int index, String caption, int variant) {
    String hash = pictures.source(index).contentHash();
    long content = Long.parseUnsignedLong(hash.substring(0, 16), 16);
    long form = new Draws(0).key(Draws.Purpose.AUGMENTATION, variant, content);
    return formed(index, caption, form, Optional.of(hash + "-" + variant + size(index)));
  }

  private Batch.Sample formed(int index, String caption, long form, Optional<String> key) {
    Supplier<float[]> planes =
        () -> {
          SplittableRandom draw = new SplittableRandom(form);
          Image sample =
              plan.preparation().vary(pictures.picture(index), draw, pictures.frame(index));
          return colouring.apply(sample.planes(), draw);
        };
    return new Batch.Sample(caption, key, planes);
  }

  /** A picture as it is. */
  Batch.Sample plain(int index, String caption) {
    Optional<String> key =
        Optional.of(pictures.source(index).contentHash() + "-plain" + size(index));
    return new Batch.Sample(
        caption,
        key,
        () -> plan.preparation().finish(pictures.picture(index), pictures.frame(index)).planes());
  }

  /** What tells samples of several sizes apart. */
  private String size(int index) {
    return plan.bucketStep().isPresent() ? "-" + pictures.frame(index) : "";
  }

  /** How many forms of pictures come again and again; 0 if each comes once. */
  long count() {
    return plan.repeats() ? (long) pictures.size() * formsOfEach() : 0;
  }

  private int formsOfEach() {
    return plan.isPlain() ? 1 : plan.variants();
  }

  /** Makes all forms that come again, some ahead on other threads. */
  void each(Taker taker, Executor workers) {
    Deque<Map.Entry<Long, Supplier<Batch>>> making = new ArrayDeque<>();
    for (long n = 0; n < count(); n++) {
      int index = (int) (n / formsOfEach());
      String caption = pictures.source(index).caption();
      Batch.Sample sample =
          plan.isPlain()
              ? plain(index, caption)
              : variant(index, caption, (int) (n % formsOfEach()));
      if (taker.wants(sample.key().orElseThrow())) {
        Batch form = new Batch(pictures.frame(index), List.of(sample));
        making.add(Map.entry(n + 1, form.madeBy(workers)));
      }
      if (making.size() > AHEAD && !take(making.removeFirst(), taker)) {
        return;
      }
    }
    while (!making.isEmpty() && take(making.removeFirst(), taker)) {
      // Until none is left.
    }
  }

  private static boolean take(Map.Entry<Long, Supplier<Batch>> made, Taker taker) {
    return taker.take(made.getValue().get(), made.getKey());
  }
}
