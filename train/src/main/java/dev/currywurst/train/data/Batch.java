package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Captioned pictures that are made each time they are asked for, unless they are {@link #made}. */
public final class Batch {
  /**
   * One sample.
   *
   * @param caption what is said about it
   * @param key names the picture in its augmented form; empty if that form is never seen again, so
   *     that keeping anything about it is a waste
   * @param planes makes [3][height][width] from 0 to 1
   */
  record Sample(String caption, Optional<String> key, Supplier<float[]> planes) {}

  private final Frame frame;
  private final List<Sample> samples;

  Batch(Frame frame, List<Sample> samples) {
    this.frame = frame;
    this.samples = List.copyOf(samples);
  }

  public int size() {
    return samples.size();
  }

  /** The size of all its pictures. */
  public Frame frame() {
    return frame;
  }

  /** Pixels a side, of squares. */
  public int side() {
    if (frame.width() != frame.height()) {
      throw new IllegalStateException("a side of " + frame);
    }
    return frame.width();
  }

  public List<String> captions() {
    return samples.stream().map(Sample::caption).toList();
  }

  /** For each picture what names it in its augmented form, if that form comes again. */
  public List<Optional<String>> keys() {
    return samples.stream().map(Sample::key).toList();
  }

  /** One picture's planes [3][height][width] from 0 to 1. */
  public float[] planes(int sample) {
    return samples.get(sample).planes().get();
  }

  /** One picture. */
  public Image image(int sample) {
    return Image.ofPlanes(frame.width(), frame.height(), planes(sample));
  }

  /** The same batch with all pictures made, for whoever asks for them more than once. */
  public Batch made() {
    List<Sample> made = new ArrayList<>();
    for (Sample sample : samples) {
      float[] planes = sample.planes().get();
      made.add(new Sample(sample.caption(), sample.key(), () -> planes));
    }
    return new Batch(frame, made);
  }

  /**
   * The same batch with all pictures made by other threads; they begin at once.
   *
   * @return waits for them. A picture that cannot be read is as wrong there as here.
   */
  Supplier<Batch> madeBy(Executor workers) {
    List<CompletableFuture<float[]>> planes =
        samples.stream()
            .map(sample -> CompletableFuture.supplyAsync(sample.planes(), workers))
            .toList();
    return () -> {
      List<Sample> made = new ArrayList<>();
      for (int i = 0; i < samples.size(); i++) {
        float[] ready = awaited(planes.get(i));
        made.add(new Sample(samples.get(i).caption(), samples.get(i).key(), () -> ready));
      }
      return new Batch(frame, made);
    };
  }

  private static float[] awaited(CompletableFuture<float[]> planes) {
    try {
      return planes.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof CurrywurstException reason ? reason : e;
    }
  }

  /** All pictures, [B, 3, height, width] from 0 to 1. */
  public Tensor tensor() {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      all.add(i);
    }
    return tensor(all);
  }

  /** Some of the pictures, in this order. */
  public Tensor tensor(List<Integer> some) {
    int each = 3 * frame.width() * frame.height();
    float[] values = new float[some.size() * each];
    for (int i = 0; i < some.size(); i++) {
      System.arraycopy(planes(some.get(i)), 0, values, i * each, each);
    }
    return Tensor.of(values, some.size(), 3, frame.height(), frame.width());
  }
}
